import { copyEntries } from './copy-entries.ts';
import type { Bytes, Source } from './source.ts';
import type { Transfer } from './transfer.ts';

/**
 * Arrays: element by element. An element is in use when it is not all zeros, as the kernel makes it; so the last of them
 * says how large an array must be. Counters and remembered routes, which programs write, are taken as they were when the
 * new map was made: what is counted in the moments until programs run on it is left out, routes are asked for again.
 */
export const arrayTransfer: Transfer = transferWhere(() => true);

/**
 * The metadata of backends: in use while there is a backend. What is left of others, their generation, guards ids that a
 * smaller array does not have.
 */
export const backendMetaTransfer: Transfer = transferWhere((meta) => ((meta[0] ?? 0) & 1) === 1);

function transferWhere(isNeeded: (value: Uint8Array) => boolean): Transfer {
  return {
    fits(from, { maxEntries }) {
      let used = 0;
      for (const [key, value] of inUse(from)) if (isNeeded(value)) used = Math.max(used, indexOf(key) + 1);
      return { used, fits: used <= maxEntries };
    },
    fill(from, to) {
      copyEntries(inUse(from, to.maxEntries), to);
    },
  };
}

function* inUse(from: Source, end = Number.POSITIVE_INFINITY): IterableIterator<Bytes> {
  for (const entry of from.entries())
    if (indexOf(entry[0]) < end && entry[1].some((byte) => byte !== 0)) yield entry;
}

export const indexOf = (key: Uint8Array): number =>
  new DataView(key.buffer, key.byteOffset, 4).getUint32(0, true);
