import { readObject } from '@lbx/bpf';
import { load } from 'libbpf-ts';

/** CONFIG_HZ can be one of these; a measurement is rounded to the nearest. */
const rates = [100, 250, 300, 1000];

const wait = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Jiffies per second of the running kernel, which no file tells reliably: two readings of bpf_jiffies64() some time
 * apart. Takes about 40 ms once; the datapath keeps its clock in jiffies because that costs it nothing.
 */
export function measureHz(): number {
  using object = load(readObject('probe'));
  const program = object.program('lbx_probe_jiffies');
  const data = new Uint8Array(64);
  const sample = () => ({ jiffies: program.testRun({ data }).retval >>> 0, ms: performance.now() });
  // Start right after a tick, so that the error is below one tick at one end only.
  const zero = sample();
  let first = sample();
  while (first.jiffies === zero.jiffies) first = sample();
  wait(40);
  let last = sample();
  const waiting = last.jiffies;
  while (last.jiffies === waiting) last = sample();
  const measured = (((last.jiffies - first.jiffies) >>> 0) * 1000) / (last.ms - first.ms);
  return rates.reduce((best, rate) => (Math.abs(rate - measured) < Math.abs(best - measured) ? rate : best));
}
