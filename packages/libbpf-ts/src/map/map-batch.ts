import { BatchError } from '../errors.ts';
import { bpf, type Command, command } from '../sys/bpf.ts';
import { errnoNumber } from '../sys/errno.ts';
import { addressOf, keepAlive } from '../sys/libc.ts';
import { type BoundEntry, type UpdateFlag, updateFlagNumber } from './bound-entry.ts';
import { mapError, mapHint, type NamedMap } from './map-error.ts';

const ENOENT = errnoNumber('ENOENT');
const ENOSPC = errnoNumber('ENOSPC');
const EINVAL = errnoNumber('EINVAL');
const ENOTSUPP = errnoNumber('ENOTSUPP');

/** What batches need of a map. */
export interface BatchMap extends NamedMap {
  readonly fd: number;
  readonly keySize: number;
  /** Bytes of a value as user space sees it. */
  readonly valueBytes: number;
  bind(): BoundEntry;
}

/** Bytes of `union bpf_attr` for a batch: in_batch 0, out_batch 8, keys 16, values 24, count 32, map_fd 36, elem_flags 40. */
const attrSize = 56;

class BatchAttr {
  readonly #bytes = Buffer.allocUnsafeSlow(64).fill(0);
  readonly #address = addressOf(this.#bytes);

  readonly #map: BatchMap;

  constructor(map: BatchMap, flags = 0) {
    this.#map = map;
    this.#bytes.writeUInt32LE(flags, 40);
  }

  pointer(at: number, address: number): void {
    this.#bytes.writeUInt32LE(address % 2 ** 32, at);
    this.#bytes.writeUInt32LE(Math.floor(address / 2 ** 32), at + 4);
  }

  get count(): number {
    return this.#bytes.readUInt32LE(32);
  }

  run(cmd: Command, count: number): number {
    this.#bytes.writeUInt32LE(count, 32);
    this.#bytes.writeUInt32LE(this.#map.fd, 36);
    const result = bpf(cmd, this.#address, attrSize);
    keepAlive(this.#bytes);
    return result;
  }

  /** Entries done before the error: the kernel leaves the count alone when it refused before the first. */
  doneOf(count: number): number {
    return this.count === count ? 0 : this.count;
  }
}

/** The kernel has no batch for this map type, or no batches at all (before 5.6). */
function isWithoutBatch(result: number): boolean {
  return result === -ENOTSUPP || result === -EINVAL;
}

/** Writes `count` entries laid end to end. Throws BatchError, whose `done` says how many went in. */
export function updateBatch(
  map: BatchMap,
  keys: Uint8Array,
  values: Uint8Array,
  count: number,
  options: { readonly chunk: number; readonly flag: UpdateFlag },
): number {
  const attr = new BatchAttr(map, updateFlagNumber(options.flag));
  const keysAt = addressOf(keys);
  const valuesAt = addressOf(values);
  for (let done = 0; done < count; ) {
    const chunk = Math.min(options.chunk, count - done);
    attr.pointer(16, keysAt + done * map.keySize);
    attr.pointer(24, valuesAt + done * map.valueBytes);
    const result = attr.run(command.mapUpdateBatch, chunk);
    keepAlive(keys);
    keepAlive(values);
    if (result >= 0) {
      done += chunk;
      continue;
    }
    const before = done + attr.doneOf(chunk);
    if (before === 0 && isWithoutBatch(result)) return updateSingly(map, keys, values, count, options.flag);
    throw batchError(result, 'update map', map, before, count);
  }
  return count;
}

function updateSingly(
  map: BatchMap,
  keys: Uint8Array,
  values: Uint8Array,
  count: number,
  flag: UpdateFlag,
): number {
  const entry = map.bind();
  for (let i = 0; i < count; i++) {
    entry.key.set(keys.subarray(i * map.keySize, (i + 1) * map.keySize));
    entry.value.set(values.subarray(i * map.valueBytes, (i + 1) * map.valueBytes));
    try {
      entry.update(flag);
    } catch (cause) {
      throw batchError((cause as { errno: number }).errno, 'update map', map, i, count, cause);
    }
  }
  return count;
}

/** Deletes keys laid end to end; those that are not there are passed over. Gives how many were there. */
export function deleteBatch(map: BatchMap, keys: Uint8Array, count: number): number {
  const attr = new BatchAttr(map);
  const keysAt = addressOf(keys);
  let deleted = 0;
  for (let done = 0; done < count; ) {
    const chunk = count - done;
    attr.pointer(16, keysAt + done * map.keySize);
    const result = attr.run(command.mapDeleteBatch, chunk);
    keepAlive(keys);
    if (result >= 0) return deleted + chunk;
    const before = attr.doneOf(chunk);
    if (done + before === 0 && isWithoutBatch(result)) return deleteSingly(map, keys, count);
    deleted += before;
    done += before;
    if (result !== -ENOENT) throw batchError(result, 'delete from map', map, done, count);
    done++;
  }
  return deleted;
}

function deleteSingly(map: BatchMap, keys: Uint8Array, count: number): number {
  const entry = map.bind();
  let deleted = 0;
  for (let i = 0; i < count; i++) {
    entry.key.set(keys.subarray(i * map.keySize, (i + 1) * map.keySize));
    if (entry.delete()) deleted++;
  }
  return deleted;
}

/** Entries laid end to end. The buffers are overwritten by the next step. */
export interface EntryBatch {
  readonly keys: Uint8Array;
  readonly values: Uint8Array;
  readonly count: number;
}

/**
 * Reads a map in batches, or reads and empties it. Undefined (before anything is given) where the kernel has no batch
 * for it. A bucket that does not fit makes the buffers grow.
 */
export function readBatches(map: BatchMap, chunk: number, remove = false): Generator<EntryBatch> | undefined {
  const cmd = remove ? command.mapLookupAndDeleteBatch : command.mapLookupBatch;
  const attr = new BatchAttr(map);
  // Hash maps keep a u32 here, others a key; two of them, as one is read while the other is written.
  const cursorSize = Math.max(8, (map.keySize + 7) & ~7);
  const cursors = Buffer.alloc(2 * cursorSize);
  const cursorsAt = addressOf(cursors);
  let size = Math.max(1, Math.min(chunk, map.maxEntries || 1));
  let keys = Buffer.allocUnsafeSlow(size * map.keySize);
  let values = Buffer.allocUnsafeSlow(size * map.valueBytes);
  let turn = 0;

  const step = (first: boolean): number => {
    for (;;) {
      attr.pointer(0, first ? 0 : cursorsAt + turn * cursorSize);
      attr.pointer(8, cursorsAt + (1 - turn) * cursorSize);
      attr.pointer(16, addressOf(keys));
      attr.pointer(24, addressOf(values));
      const result = attr.run(cmd, size);
      keepAlive(cursors);
      keepAlive(keys);
      keepAlive(values);
      if (result !== -ENOSPC) return result;
      size *= 2;
      keys = Buffer.allocUnsafeSlow(size * map.keySize);
      values = Buffer.allocUnsafeSlow(size * map.valueBytes);
    }
  };

  let result = step(true);
  if (isWithoutBatch(result)) return undefined;
  return (function* () {
    for (;;) {
      if (result < 0 && result !== -ENOENT) throw mapError(result, remove ? 'empty map' : 'read map', map);
      const count = attr.count;
      if (count > 0) {
        yield {
          keys: keys.subarray(0, count * map.keySize),
          values: values.subarray(0, count * map.valueBytes),
          count,
        };
      }
      if (result === -ENOENT) return;
      turn = 1 - turn;
      result = step(false);
    }
  })();
}

function batchError(
  errno: number,
  operation: string,
  map: NamedMap,
  done: number,
  count: number,
  cause?: unknown,
): BatchError {
  return new BatchError({
    errno,
    operation,
    object: map.name,
    hint: mapHint(errno, map),
    done,
    count,
    cause,
  });
}
