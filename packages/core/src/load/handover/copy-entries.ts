import type { BpfMap } from 'libbpf-ts';
import type { Bytes } from './source.ts';

/** Bytes of one batch. */
const batchBytes = 1 << 20;

/** Writes entries into a map, in batches; gives how many. */
export function copyEntries(entries: Iterable<Bytes>, to: BpfMap): number {
  const { keySize, valueBytes } = to;
  const room = Math.max(1, Math.floor(batchBytes / (keySize + valueBytes)));
  const keys = Buffer.allocUnsafeSlow(room * keySize);
  const values = Buffer.allocUnsafeSlow(room * valueBytes);
  let count = 0;
  let done = 0;
  const flush = () => {
    if (count > 0) done += to.updateBatch(keys, values, { count });
    count = 0;
  };
  for (const [key, value] of entries) {
    keys.set(key, count * keySize);
    values.set(value, count * valueBytes);
    if (++count === room) flush();
  }
  flush();
  return done;
}
