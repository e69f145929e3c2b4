import koffi from 'koffi';
import { LibbpfError } from '../errors.ts';
import type { BpfMap } from '../map/map.ts';
import { duplicateFd } from '../sys/duplicate-fd.ts';
import { OwnedFd } from '../sys/owned-fd.ts';
import { RingPages } from './ring-pages.ts';

export interface RingBufferOptions {
  /**
   * Look for records every so many milliseconds instead of being woken by the kernel: for programs that submit with
   * BPF_RB_NO_WAKEUP, or so often that waking costs more than waiting.
   */
  readonly pollMs?: number;
  /** Records that are copied out of the ring at a time for `for await`; further ones stay in it. Default 1024. */
  readonly highWaterMark?: number;
}

/**
 * Reader of a `BPF_MAP_TYPE_RINGBUF`. Either iterate it, which gives copies and keeps the process alive while waiting,
 * or call {@link RingBuffer.drain}, which gives views without a copy. A ring has one reader: two would share its records.
 */
export class RingBuffer implements AsyncIterable<Uint8Array>, Disposable {
  readonly name: string;
  readonly #pages: RingPages;
  readonly #fd: OwnedFd;
  readonly #pollMs: number | undefined;
  readonly #highWaterMark: number;
  /** Records out of the ring that no iteration has taken yet. */
  #waiting: Uint8Array[] = [];
  #wake: (() => void) | undefined;

  /** The map may be closed afterwards: the ring keeps an fd of its own. */
  constructor(map: BpfMap, options: RingBufferOptions = {}) {
    if (map.type !== 'ringbuf')
      throw new LibbpfError('LBX_WRONG_KIND', `map ${map.name} is a ${map.type}, not a ringbuf`);
    this.name = map.name;
    this.#pollMs = options.pollMs;
    this.#highWaterMark = options.highWaterMark ?? 1024;
    this.#pages = new RingPages(map);
    try {
      this.#fd = new OwnedFd(duplicateFd(map.fd, `ring buffer ${map.name}`), `ring buffer ${map.name}`, this);
    } catch (error) {
      this.#pages.close();
      throw error;
    }
  }

  /**
   * Gives the records that are there now to `use`, as views that are valid only until it returns. Gives how many there
   * were; stops at a record that is still being written.
   */
  drain(use: (record: Uint8Array) => void, options: { readonly limit?: number } = {}): number {
    this.#fd.value;
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const waiting = this.#waiting.splice(0, limit);
    for (const record of waiting) use(record);
    return waiting.length + this.#pages.drain(use, limit - waiting.length);
  }

  /** Copies of the records as they come, until {@link close}. What a `break` leaves is there for the next iteration. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const record = this.#waiting.shift();
      if (record !== undefined) yield record;
      else if (this.#pages.closed) return;
      else if (this.#refill() === 0) await this.#nextRecord();
    }
  }

  #refill(): number {
    return this.#pages.drain((record) => this.#waiting.push(record.slice()), this.#highWaterMark);
  }

  /** Resolves when there may be a record, or after close(). */
  #nextRecord(): Promise<void> {
    if (this.#fd.closed) return Promise.resolve();
    return new Promise((resolve) => {
      const stop =
        this.#pollMs === undefined ? this.#watch(() => this.#wake?.()) : this.#tick(() => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        stop();
        resolve();
      };
    });
  }

  /** The fd is readable while the ring has records; libuv watches it with the rest of the event loop. */
  #watch(wake: () => void): () => void {
    const handle = koffi.node.poll(this.#fd.value, { readable: true }, wake);
    return () => handle.close();
  }

  #tick(wake: () => void): () => void {
    const timer = setTimeout(wake, this.#pollMs);
    return () => clearTimeout(timer);
  }

  /** Ends iterations and unmaps the ring. Again: does nothing. */
  close(): void {
    this.#waiting = [];
    this.#pages.close();
    this.#wake?.();
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
