/** What SharedEntries and others need of a map. */
export interface MutableMap<K, V> extends ReadonlyMap<K, V> {
  set(key: K, value: V): unknown;
  delete(key: K): boolean;
}

/** Numbers from here on are not kept in the array: a few that are high must not make it long. */
const ARRAY_END = 2 ** 21;

/**
 * A map from ids, which are handed out from 1 on, in an array: a quarter of the memory of a Map where there are a hundred
 * thousand of them. Iterates by number; values are never undefined.
 */
export class IdMap<V> implements MutableMap<number, V> {
  #values: (V | undefined)[] = [];
  #high: Map<number, V> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): V | undefined {
    return id < ARRAY_END ? this.#values[id] : this.#high?.get(id);
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  set(id: number, value: V): this {
    if (this.get(id) === undefined) this.#size++;
    if (id >= ARRAY_END) {
      this.#high ??= new Map();
      this.#high.set(id, value);
      return this;
    }
    // Without holes the array stays one.
    while (this.#values.length < id) this.#values.push(undefined);
    this.#values[id] = value;
    return this;
  }

  delete(id: number): boolean {
    if (this.get(id) === undefined) return false;
    this.#size--;
    if (id >= ARRAY_END) return this.#high!.delete(id);
    this.#values[id] = undefined;
    while (this.#values.length > 0 && this.#values.at(-1) === undefined) this.#values.pop();
    return true;
  }

  forEach(call: (value: V, id: number, map: ReadonlyMap<number, V>) => void): void {
    for (const [id, value] of this) call(value, id, this);
  }

  *entries(): MapIterator<[number, V]> {
    for (let id = 0; id < this.#values.length; id++) {
      const value = this.#values[id];
      if (value !== undefined) yield [id, value];
    }
    if (this.#high !== undefined) yield* [...this.#high].sort(([a], [b]) => a - b);
  }

  *keys(): MapIterator<number> {
    for (const [id] of this) yield id;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): MapIterator<[number, V]> {
    return this.entries();
  }
}
