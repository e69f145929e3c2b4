import type { Text } from './field.ts';
import type { Struct } from './struct.ts';

/** Codec of a map's value; the key may decide how the bytes are read. */
export interface ValueCodec<K, V> {
  readonly size: number;
  /** All structs that a value can be. */
  readonly readings: readonly Struct<unknown>[];
  put(view: DataView, at: number, value: V, key: K): void;
  get(view: DataView, at: number, key: K): V;
  /** Allocating form of `put`. */
  encode(value: V, key: K): Uint8Array;
  /** Allocating form of `get`. */
  decode(bytes: Uint8Array, key: K): V;
  /** Dump text, which may depend on the key too. */
  textFor(key: K): Text<V>;
}

/** The value is one struct whatever the key is. */
export function plainValue<K, V>(of: Struct<V>): ValueCodec<K, V> {
  return Object.freeze({
    size: of.size,
    readings: of.readings,
    put: of.put,
    get: of.get,
    encode: of.encode,
    decode: of.decode,
    textFor: () => of.text,
  });
}

/** The key decides which struct the value is: slot 0 of a service or another. */
export function byKey<K, V>(
  choose: (key: K) => Struct<V>,
  all: readonly Struct<unknown>[],
): ValueCodec<K, V> {
  return Object.freeze({
    size: all[0]!.size,
    readings: all.flatMap((one) => one.readings),
    put: (view: DataView, at: number, value: V, key: K) => choose(key).put(view, at, value),
    get: (view: DataView, at: number, key: K) => choose(key).get(view, at),
    encode: (value: V, key: K) => choose(key).encode(value),
    decode: (bytes: Uint8Array, key: K) => choose(key).decode(bytes),
    textFor: (key: K) => choose(key).text,
  });
}
