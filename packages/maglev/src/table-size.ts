import { MaglevError } from './errors.ts';

/** The sizes Cilium accepts. Tables of other prime sizes work as well, except with an installed Cilium. */
export const CILIUM_TABLE_SIZES: readonly number[] = [
  251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071,
];

/** Cilium's default. */
export const DEFAULT_TABLE_SIZE = 16381;

/** The largest table: 64 MiB. The positions stay far below 2^31 when a skip is added. */
export const MAX_TABLE_SIZE = 2 ** 24;

/**
 * Throws unless the size is a prime up to {@link MAX_TABLE_SIZE}: only then is every backend's walk through the
 * table a permutation of its slots.
 *
 * @throws MaglevError `LBX_MAGLEV_SIZE`, naming the nearest primes.
 */
export function assertTableSize(size: number): void {
  if (isPrime(size) && size <= MAX_TABLE_SIZE) return;
  if (!Number.isInteger(size) || size < 2 || size > MAX_TABLE_SIZE)
    throw new MaglevError(
      'LBX_MAGLEV_SIZE',
      `Maglev table size ${size}: not a prime from 2 to ${MAX_TABLE_SIZE}; Cilium's sizes are ${CILIUM_TABLE_SIZES.join(', ')}`,
    );
  let below = size - 1;
  while (!isPrime(below)) below--;
  let above = size + 1;
  while (!isPrime(above)) above++;
  throw new MaglevError(
    'LBX_MAGLEV_SIZE',
    `Maglev table size ${size} is not prime; the nearest primes are ${below}${above <= MAX_TABLE_SIZE ? ` and ${above}` : ''}`,
  );
}

function isPrime(n: number): boolean {
  if (!Number.isInteger(n) || n < 2 || (n !== 2 && n % 2 === 0)) return false;
  for (let d = 3; d * d <= n; d += 2) if (n % d === 0) return false;
  return true;
}
