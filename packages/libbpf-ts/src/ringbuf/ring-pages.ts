import { Mapping, pageSize } from '../sys/mapping.ts';

const busyBit = 0x80000000;
const discardBit = 0x40000000;
const headerSize = 8;

/**
 * The memory of a BPF ring buffer: a page with the consumer's position, then a read-only one with the producer's,
 * then the data twice in a row, so that a record that wraps around can be read in one piece. Layout and protocol are
 * those of kernel/bpf/ringbuf.c: positions count bytes since the beginning, a record is a header of 8 bytes (length
 * with a busy bit and a discard bit on top, page offset) and its data, padded to 8.
 */
export class RingPages implements Disposable {
  readonly #consumer: Mapping;
  readonly #producer: Mapping;
  readonly #consumerPosition: BigUint64Array<ArrayBuffer>;
  /** Low half of the producer's position: differences to ours are below 2^32, as is the size. */
  readonly #producerPosition: Uint32Array<ArrayBuffer>;
  readonly #headers: Uint32Array<ArrayBuffer>;
  readonly #data: Uint8Array<ArrayBuffer>;
  readonly #mask: number;

  constructor(map: { readonly fd: number; readonly name: string; readonly maxEntries: number }) {
    const page = pageSize();
    const size = map.maxEntries;
    const object = `ring buffer ${map.name}`;
    this.#consumer = new Mapping(map.fd, page, { writable: true, object });
    try {
      this.#producer = new Mapping(map.fd, page + 2 * size, { writable: false, offset: page, object });
    } catch (error) {
      this.#consumer.close();
      throw error;
    }
    this.#mask = size - 1;
    this.#consumerPosition = new BigUint64Array(this.#consumer.buffer, 0, 1);
    this.#producerPosition = new Uint32Array(this.#producer.buffer, 0, 1);
    this.#headers = new Uint32Array(this.#producer.buffer, page, (2 * size) / 4);
    this.#data = new Uint8Array(this.#producer.buffer, page, 2 * size);
  }

  get closed(): boolean {
    return this.#consumer.closed;
  }

  /**
   * Gives every finished record to `use`, as a view of the ring that is valid only until `use` returns. Stops at the
   * first record that is still being written. Gives how many there were. When `use` throws, its record is consumed.
   */
  drain(use: (record: Uint8Array) => void, limit: number): number {
    if (this.closed) return 0;
    const start = Atomics.load(this.#consumerPosition, 0);
    let advanced = 0;
    let records = 0;
    try {
      while (records < limit && !this.closed) {
        // Low 32 bits are enough: see #producerPosition.
        const position = (Number(start & 0xffffffffn) + advanced) >>> 0;
        if (Atomics.load(this.#producerPosition, 0) === position) break;
        const at = position & this.#mask;
        const header = Atomics.load(this.#headers, at >>> 2);
        if ((header & busyBit) !== 0) break;
        const length = header & ~(busyBit | discardBit);
        advanced += (length + headerSize + 7) & ~7;
        if ((header & discardBit) !== 0) continue;
        records++;
        use(this.#data.subarray(at + headerSize, at + headerSize + length));
      }
    } finally {
      // One store for all records: until then the kernel does not write over them.
      if (advanced > 0 && !this.closed) Atomics.store(this.#consumerPosition, 0, start + BigInt(advanced));
    }
    return records;
  }

  close(): void {
    this.#consumer.close();
    this.#producer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
