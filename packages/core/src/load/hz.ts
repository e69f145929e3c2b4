import { readObject } from '@lbx/bpf';
import { load } from 'libbpf-ts';

/** What CONFIG_HZ can be. */
const rates = [100, 250, 300, 1000];
/** The kernel starts its count of jiffies so that 32 bits of it wrap around this long after the boot. */
const wrapSeconds = 300;
/** How far the counts of jiffies and of seconds may be apart. */
const slackSeconds = 1;

const wait = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/**
 * Jiffies per second of the running kernel, which no file tells reliably. The datapath keeps its clock in jiffies because
 * that costs it nothing.
 */
export function measureHz(): number {
  using object = load(readObject('probe'));
  const program = object.program('lbx_probe_jiffies');
  const data = new Uint8Array(64);
  const jiffies = () => program.testRun({ data }).retval >>> 0;
  return hzFromUptime(jiffies(), Number(process.hrtime.bigint()) / 1e9) ?? hzFromTicks(jiffies);
}

/**
 * From the count of jiffies (its low 32 bits) and the seconds since boot. undefined when no rate or more than one explains
 * them: about five minutes after the boot, or in a time namespace.
 */
export function hzFromUptime(jiffies: number, uptimeSeconds: number): number | undefined {
  const fitting = rates.filter((rate) => {
    const off = (jiffies - Math.round(rate * (uptimeSeconds - wrapSeconds))) | 0;
    return Math.abs(off) < rate * slackSeconds;
  });
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** From two readings some time apart; takes about 50 ms. */
function hzFromTicks(jiffies: () => number): number {
  const sample = () => ({ jiffies: jiffies(), ms: performance.now() });
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
