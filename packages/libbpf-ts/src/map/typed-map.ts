import { LibbpfError } from '../errors.ts';
import type { UpdateFlag } from './bound-entry.ts';
import type { BpfMap } from './map.ts';

/** How keys and values of a map become bytes and back. Encoders write every byte that matters; others are zero. */
export interface MapCodec<K, V> {
  readonly keySize: number;
  readonly valueSize: number;
  encodeKey(key: K, to: DataView, at: number): void;
  encodeValue(value: V, to: DataView, at: number): void;
  decodeKey(from: DataView, at: number): K;
  decodeValue(from: DataView, at: number): V;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A map with keys and values of your own types. The fd stays the {@link BpfMap}'s. */
export class TypedMap<K, V> {
  readonly map: BpfMap;
  readonly codec: MapCodec<K, V>;
  readonly #entry: ReturnType<BpfMap['bind']>;
  readonly #key: DataView;
  readonly #value: DataView;

  constructor(map: BpfMap, codec: MapCodec<K, V>) {
    if (codec.keySize !== map.keySize || codec.valueSize !== map.valueBytes) {
      throw new LibbpfError(
        'LBX_MAP_MISMATCH',
        `map ${map.name} has keys of ${map.keySize} and values of ${map.valueBytes} bytes, the codec ${codec.keySize} and ${codec.valueSize}`,
      );
    }
    this.map = map;
    this.codec = codec;
    this.#entry = map.bind();
    this.#key = viewOf(this.#entry.key);
    this.#value = viewOf(this.#entry.value);
  }

  #putKey(key: K): void {
    this.#entry.key.fill(0);
    this.codec.encodeKey(key, this.#key, 0);
  }

  get(key: K): V | undefined {
    this.#putKey(key);
    return this.#entry.lookup() ? this.codec.decodeValue(this.#value, 0) : undefined;
  }

  set(key: K, value: V, flag: UpdateFlag = 'any'): void {
    this.#putKey(key);
    this.#entry.value.fill(0);
    this.codec.encodeValue(value, this.#value, 0);
    this.#entry.update(flag);
  }

  delete(key: K): boolean {
    this.#putKey(key);
    return this.#entry.delete();
  }

  *entries(): Generator<[K, V]> {
    for (const [key, value] of this.map.entries()) {
      yield [this.codec.decodeKey(viewOf(key), 0), this.codec.decodeValue(viewOf(value), 0)];
    }
  }

  /** Writes all of them in batches of at most `chunk`. Throws BatchError, whose `done` counts over all batches. */
  setBatch(
    entries: Iterable<readonly [K, V]>,
    options: { readonly chunk?: number; readonly flag?: UpdateFlag } = {},
  ): number {
    const { keySize, valueSize } = this.codec;
    const list = [...entries];
    const keys = Buffer.allocUnsafeSlow(list.length * keySize).fill(0);
    const values = Buffer.allocUnsafeSlow(list.length * valueSize).fill(0);
    const keyView = viewOf(keys);
    const valueView = viewOf(values);
    for (const [i, [key, value]] of list.entries()) {
      this.codec.encodeKey(key, keyView, i * keySize);
      this.codec.encodeValue(value, valueView, i * valueSize);
    }
    return this.map.updateBatch(keys, values, options);
  }

  /** Gives how many of them were there. */
  deleteBatch(keys: Iterable<K>): number {
    const list = [...keys];
    const bytes = Buffer.allocUnsafeSlow(list.length * this.codec.keySize).fill(0);
    const view = viewOf(bytes);
    for (const [i, key] of list.entries()) this.codec.encodeKey(key, view, i * this.codec.keySize);
    return this.map.deleteBatch(bytes);
  }
}
