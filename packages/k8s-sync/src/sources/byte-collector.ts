const initialBytes = 16 * 1024;
/** A buffer that had to grow beyond this is not kept for the next text. */
const keptBytes = 2 ** 20;

/**
 * Collects one text after the other from parts of any size, up to a limit. It copies into one buffer: a sender that
 * sends single bytes costs no more memory than one that sends all at once.
 */
export class ByteCollector {
  readonly #maxBytes: number;
  readonly #what: string;
  #buffer = Buffer.allocUnsafe(initialBytes);
  #length = 0;

  /** @param what for the message if there is too much: "a line" */
  constructor(maxBytes: number, what: string) {
    this.#maxBytes = maxBytes;
    this.#what = what;
  }

  /** @throws RangeError if it becomes more than the limit. */
  add(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > this.#maxBytes) throw new RangeError(`${this.#what} has more than ${this.#maxBytes} bytes`);
    if (length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    this.#buffer.set(part, this.#length);
    this.#length = length;
  }

  /** The text so far; what comes next is another one. */
  take(): string {
    const text = this.#buffer.toString('utf8', 0, this.#length);
    this.#length = 0;
    if (this.#buffer.length > keptBytes) this.#buffer = Buffer.allocUnsafe(initialBytes);
    return text;
  }
}
