import { MapsError } from '../errors.ts';
import type { MapLayout } from '../layouts/map-layout.ts';

/**
 * Keys and values of many entries, encoded back to back into two buffers made once: what BPF_MAP_UPDATE_BATCH takes.
 * `push` allocates nothing; `clear` starts over in the same buffers.
 */
export interface Batch<K, V> {
  readonly layout: MapLayout<K, V>;
  readonly capacity: number;
  /** Entries in the batch. */
  readonly count: number;
  readonly isFull: boolean;
  /** All key bytes, of which the first `count * key.size` are written. Never detached or resized. */
  readonly keys: Buffer;
  readonly values: Buffer;
  /** Encodes one entry; a FieldError leaves the batch as it was. Throws LBX_BATCH_FULL beyond `capacity`. */
  push(key: K, value: V): void;
  /** Encodes a key alone, for deletes. */
  pushKey(key: K): void;
  clear(): void;
}

/** An encoder for up to `capacity` entries of a map. Not for maps of maps, whose values are not bytes. */
export function createBatch<K, V>(layout: MapLayout<K, V>, capacity: number): Batch<K, V> {
  return new EntryBatch(layout, capacity);
}

class EntryBatch<K, V> implements Batch<K, V> {
  readonly layout: MapLayout<K, V>;
  readonly capacity: number;
  readonly keys: Buffer;
  readonly values: Buffer;
  readonly #keyView: DataView;
  readonly #valueView: DataView;
  #count = 0;

  constructor(layout: MapLayout<K, V>, capacity: number) {
    if (layout.inner !== undefined) {
      throw new MapsError('LBX_LAYOUT', `${layout.name} is a map of maps: its values are maps, not bytes`);
    }
    this.layout = layout;
    this.capacity = capacity;
    // Not from the pool: the kernel side may bind the memory.
    this.keys = Buffer.alloc(capacity * layout.key.size);
    this.values = Buffer.alloc(capacity * layout.valueSize);
    this.#keyView = new DataView(this.keys.buffer, this.keys.byteOffset, this.keys.byteLength);
    this.#valueView = new DataView(this.values.buffer, this.values.byteOffset, this.values.byteLength);
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.capacity;
  }

  push(key: K, value: V): void {
    const at = this.#count;
    if (at === this.capacity) throw this.#full();
    const { layout } = this;
    layout.key.put(this.#keyView, at * layout.key.size, key);
    layout.value.put(this.#valueView, at * layout.valueSize, value, key);
    this.#count = at + 1;
  }

  pushKey(key: K): void {
    if (this.#count === this.capacity) throw this.#full();
    this.layout.key.put(this.#keyView, this.#count * this.layout.key.size, key);
    this.#count++;
  }

  clear(): void {
    this.#count = 0;
  }

  #full(): MapsError {
    return new MapsError(
      'LBX_BATCH_FULL',
      `the batch for ${this.layout.name} holds ${this.capacity} entries; write it and clear() it`,
    );
  }
}

/** Decodes `count` entries that lie back to back, as BPF_MAP_LOOKUP_BATCH returns them. */
export function* decodeEntries<K, V>(
  layout: MapLayout<K, V>,
  keys: Uint8Array,
  values: Uint8Array,
  count: number,
): IterableIterator<[K, V]> {
  const keyView = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
  const valueView = new DataView(values.buffer, values.byteOffset, values.byteLength);
  for (let i = 0; i < count; i++) {
    const key = layout.key.get(keyView, i * layout.key.size);
    yield [key, layout.value.get(valueView, i * layout.valueSize, key)];
  }
}
