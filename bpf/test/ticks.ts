import { readObject } from '@lbx/bpf';
import { load } from 'libbpf-ts';

/** A moment at which the kernel's jiffies went on. */
export interface Tick {
  /** The low 32 bits of their count. */
  readonly jiffies: number;
  /** By performance.now(). */
  readonly ms: number;
}

/** Jiffies as programs see them. */
export interface Ticks extends Disposable {
  next(): Tick;
}

/** How far a tick's moment may be off: less than any tick lasts. */
const maxOffMs = 0.5;

export function openTicks(): Ticks {
  const probe = load(readObject('probe'));
  const program = probe.program('lbx_probe_jiffies');
  const data = new Uint8Array(64);
  const read = () => program.testRun({ data }).retval >>> 0;
  return {
    next() {
      for (;;) {
        let from = performance.now();
        const before = read();
        for (;;) {
          const jiffies = read();
          const ms = performance.now();
          // Held up just here (a busy machine), the tick was not seen when it came: another one will be.
          if (jiffies !== before && ms - from <= maxOffMs) return { jiffies, ms };
          if (jiffies !== before) break;
          from = ms;
        }
      }
    },
    [Symbol.dispose]: () => probe.close(),
  };
}
