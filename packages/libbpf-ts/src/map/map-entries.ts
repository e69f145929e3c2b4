import { type BatchMap, type EntryBatch, readBatches } from './map-batch.ts';

/** Bytes that one batch may take unless told otherwise. */
const batchBytes = 1 << 20;

/** Entries to ask for at a time: many, but within a mebibyte. */
export function defaultBatch(map: BatchMap): number {
  return Math.max(16, Math.min(8192, Math.floor(batchBytes / (map.keySize + map.valueBytes))));
}

/**
 * All entries, each in memory of its own. Entries that stay in the map during the walk come exactly once; those added
 * or deleted meanwhile may or may not come. Other types than hashes and arrays walk from key to key, and start over
 * when the key they stand on is deleted: keys seen before are then left out.
 */
export function* mapEntries(map: BatchMap, batch: number): Generator<[Uint8Array, Uint8Array]> {
  const batches = readBatches(map, batch);
  const entries = batches === undefined ? walk(map) : split(map, batches);
  if (batches !== undefined && map.type !== 'lpm_trie') {
    yield* entries;
    return;
  }
  const seen = new Set<string>();
  for (const entry of entries) {
    const key = Buffer.from(entry[0]).toString('latin1');
    if (seen.has(key)) continue;
    seen.add(key);
    yield entry;
  }
}

function* split(map: BatchMap, batches: Iterable<EntryBatch>): Generator<[Uint8Array, Uint8Array]> {
  const { keySize, valueBytes } = map;
  for (const { keys, values, count } of batches) {
    const ownKeys = new Uint8Array(keys);
    const ownValues = new Uint8Array(values);
    for (let i = 0; i < count; i++) {
      yield [
        ownKeys.subarray(i * keySize, (i + 1) * keySize),
        ownValues.subarray(i * valueBytes, (i + 1) * valueBytes),
      ];
    }
  }
}

/** One key after the other. The step to the next is taken before an entry is given out: the consumer may delete it. */
function* walk(map: BatchMap): Generator<[Uint8Array, Uint8Array]> {
  const cursor = map.bind();
  const entry = map.bind();
  // Every deletion behind our back can send the kernel back to the first key; an end must be there all the same.
  let steps = 16 * (map.maxEntries + 1);
  for (let more = cursor.next(true); more && steps > 0; steps--) {
    entry.key.set(cursor.key);
    more = cursor.next(false);
    if (entry.lookup()) yield [new Uint8Array(entry.key), new Uint8Array(entry.value)];
  }
}
