import type { FillState } from './fill-table.ts';

/** The end of a filling, when few slots are free. */
export interface LastSlots {
  /** How many slots to leave for it. */
  readonly count: number;
  /** Call once that many slots are free. */
  begin(): void;
  /** Gives backend `i` the free slot that it prefers most. */
  take(i: number): void;
}

/**
 * A backend that walks its slots until it meets a free one takes size / free steps on average: with the last slot,
 * half the table. When about sqrt(size) slots are left it is shorter to ask each of them how far away it is, which
 * (slot - position) / skip modulo the size tells; the backend takes the nearest. The result is the same.
 */
export function createLastSlots(
  table: Uint32Array,
  ids: Uint32Array,
  backends: number,
  { position, skip, taken }: FillState,
): LastSlots {
  const size = table.length;
  const count = Math.floor(Math.sqrt(size) / 2);
  const free = new Int32Array(count);
  // 0 until needed: of many backends few get a turn here.
  const inverse = new Int32Array(backends);
  let left = 0;
  return {
    count,
    begin() {
      for (let slot = taken.indexOf(0); slot >= 0; slot = taken.indexOf(0, slot + 1)) free[left++] = slot;
    },
    take(i) {
      let factor = inverse[i]!;
      if (factor === 0) {
        factor = invert(skip[i]!, size);
        inverse[i] = factor;
      }
      const from = position[i]!;
      let nearest = 0;
      let steps = size;
      for (let k = 0; k < left; k++) {
        let ahead = free[k]! - from;
        ahead += size & (ahead >> 31);
        // Below 2^48, so the quotient is exact. Not the operator %, which is a slow call for such numbers.
        const product = ahead * factor;
        const away = product - Math.floor(product / size) * size;
        if (away < steps) {
          steps = away;
          nearest = k;
        }
      }
      const slot = free[nearest]!;
      free[nearest] = free[--left]!;
      table[slot] = ids[i]!;
      // Where the walk would be: nothing before it can become free again.
      position[i] = slot;
    },
  };
}

/** The number whose product with `n` is 1 modulo a prime (extended Euclid). */
function invert(n: number, prime: number): number {
  let [r0, r1, t0, t1] = [prime, n, 0, 1];
  while (r1 !== 0) {
    const quotient = (r0 / r1) | 0;
    const r = r0 - quotient * r1;
    r0 = r1;
    r1 = r;
    const t = t0 - quotient * t1;
    t0 = t1;
    t1 = t;
  }
  return t0 < 0 ? t0 + prime : t0;
}
