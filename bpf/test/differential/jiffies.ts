import { readObject } from '@lbx/bpf';
import { load } from 'libbpf-ts';
import { hertz } from '../xdp-lab.ts';

/** The kernel's jiffies, from this process's own clock: exact to one or two. */
export interface Jiffies {
  readonly hz: number;
  /** Since boot. */
  now(): number;
}

/** Looks at jiffies once, at the moment of a tick. */
export function readJiffies(): Jiffies {
  const hz = hertz();
  using probe = load(readObject('probe'));
  const program = probe.program('lbx_probe_jiffies');
  const read = () => program.testRun({ data: new Uint8Array(14) }).retval >>> 0;
  const before = read();
  let tick = read();
  while (tick === before) tick = read();
  const at = performance.now();
  // They begin 300 seconds before the 32-bit zero.
  const sinceBoot = (tick + 300 * hz) >>> 0;
  return { hz, now: () => sinceBoot + Math.floor(((performance.now() - at) * hz) / 1000) };
}

/** Waits until the next tick. */
export function nextJiffy(jiffies: Jiffies): void {
  const now = jiffies.now();
  while (jiffies.now() <= now + 1);
}
