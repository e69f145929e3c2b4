import { bpf, type Command, command } from '../sys/bpf.ts';
import { errnoNumber } from '../sys/errno.ts';
import { addressOf } from '../sys/libc.ts';
import type { OwnedFd } from '../sys/owned-fd.ts';
import { mapError, type NamedMap } from './map-error.ts';

const ENOENT = errnoNumber('ENOENT');

/** `'any'` creates or replaces, `'noexist'` only creates, `'exist'` only replaces. */
export type UpdateFlag = 'any' | 'noexist' | 'exist';

/** `BPF_ANY`, `BPF_NOEXIST`, `BPF_EXIST`. */
export function updateFlagNumber(flag: UpdateFlag): number {
  return flag === 'any' ? 0 : flag === 'noexist' ? 1 : 2;
}

const align8 = (size: number) => (size + 7) & ~7;

/** Bytes of `union bpf_attr` for one element: map_fd at 0, key at 8, value (or next_key) at 16, flags at 24. */
const attrSize = 32;

/** Without the value, which a deletion must not have. */
const keyOnlySize = 16;

/**
 * One key and one value bound to a map: fill {@link key} (and {@link value}), then call. Nothing is allocated, no
 * address is looked up. The buffers live outside V8's heap and must not be transferred.
 */
export class BoundEntry {
  readonly key: Buffer;
  /** One value; for per-CPU maps the values of all possible CPUs, each at a multiple of 8 bytes. */
  readonly value: Buffer;
  readonly #map: NamedMap;
  readonly #fd: OwnedFd;
  readonly #fields: Uint32Array;
  readonly #attr: number;

  constructor(map: NamedMap & { readonly keySize: number; readonly valueBytes: number }, fd: OwnedFd) {
    this.#map = map;
    this.#fd = fd;
    const keyAt = attrSize;
    const valueAt = keyAt + align8(map.keySize);
    const slab = Buffer.allocUnsafeSlow(valueAt + align8(map.valueBytes)).fill(0);
    this.key = slab.subarray(keyAt, keyAt + map.keySize);
    this.value = slab.subarray(valueAt, valueAt + map.valueBytes);
    this.#attr = addressOf(slab);
    this.#fields = new Uint32Array(slab.buffer, 0, attrSize / 4);
    slab.writeUInt32LE(fd.value, 0);
    slab.writeBigUInt64LE(map.keySize === 0 ? 0n : BigInt(this.#attr + keyAt), 8);
    slab.writeBigUInt64LE(BigInt(this.#attr + valueAt), 16);
  }

  #run(cmd: Command, flags: number, size = attrSize): number {
    this.#fields[0] = this.#fd.value;
    this.#fields[6] = flags;
    return bpf(cmd, this.#attr, size);
  }

  /** Writes the value under the key. */
  update(flag: UpdateFlag = 'any'): void {
    const result = this.#run(command.mapUpdate, updateFlagNumber(flag));
    if (result < 0) throw mapError(result, 'update map', this.#map);
  }

  /** Reads the key's value into {@link value}; false when the key is not there. */
  lookup(): boolean {
    const result = this.#run(command.mapLookup, 0);
    if (result >= 0) return true;
    if (result === -ENOENT) return false;
    throw mapError(result, 'look up in map', this.#map);
  }

  /** False when the key was not there. */
  delete(): boolean {
    const result = this.#run(command.mapDelete, 0, keyOnlySize);
    if (result >= 0) return true;
    if (result === -ENOENT) return false;
    throw mapError(result, 'delete from map', this.#map);
  }

  /**
   * Reads and deletes in one step; false when the key was not there. Kernels before 5.14 (and map types without it)
   * get a lookup and then a delete, which is not atomic.
   */
  take(): boolean {
    const result = this.#run(command.mapLookupAndDelete, 0);
    if (result >= 0) return true;
    if (result === -ENOENT) return false;
    return this.lookup() && this.delete();
  }

  /** Replaces {@link key} by the one after it in the kernel's order (the first when `first`); false at the end. */
  next(first: boolean): boolean {
    const fields = this.#fields;
    const low = fields[2]!;
    const high = fields[3]!;
    const valueLow = fields[4]!;
    const valueHigh = fields[5]!;
    // The kernel reads `key` and writes `next_key`: they may be the same memory.
    fields[4] = low;
    fields[5] = high;
    if (first) fields[2] = fields[3] = 0;
    const result = this.#run(command.mapGetNextKey, 0);
    fields[2] = low;
    fields[3] = high;
    fields[4] = valueLow;
    fields[5] = valueHigh;
    if (result >= 0) return true;
    if (result === -ENOENT) return false;
    throw mapError(result, 'iterate map', this.#map);
  }
}
