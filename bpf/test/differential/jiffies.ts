import { openTicks } from '../ticks.ts';
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
  using ticks = openTicks();
  const { jiffies, ms } = ticks.next();
  // They begin 300 seconds before the 32-bit zero.
  const sinceBoot = (jiffies + 300 * hz) >>> 0;
  return { hz, now: () => sinceBoot + Math.floor(((performance.now() - ms) * hz) / 1000) };
}

/** Waits until the next tick. */
export function nextJiffy(jiffies: Jiffies): void {
  const now = jiffies.now();
  while (jiffies.now() <= now + 1);
}
