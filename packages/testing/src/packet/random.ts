/** A reproducible source of chance: the same seed, the same numbers. */
export interface Random {
  /** 0 to below `bound`. */
  below(bound: number): number;
  /** True in `percent` of 100 cases. */
  chance(percent: number): boolean;
  pick<T>(from: readonly T[]): T;
  bytes(length: number): Uint8Array;
}

/** Begins at `seed`, a whole number; its low 32 bits count. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  // A counter through a mixing function of 32 bits (multiply and shift twice).
  const next = () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a_2d97);
    return (word ^ (word >>> 15)) >>> 0;
  };
  const below = (bound: number) => Math.floor((next() / 0x1_0000_0000) * bound);
  return {
    below,
    chance: (percent) => below(100) < percent,
    pick: (from) => from[below(from.length)]!,
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
  };
}
