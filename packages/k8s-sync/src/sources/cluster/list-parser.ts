import { ByteCollector } from '../byte-collector.ts';

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

const maxEnvelopeBytes = 2 ** 20;

/** `metadata` of a Kubernetes list. */
export interface ListMetadata {
  readonly resourceVersion: string;
  /** Token for the next page; "" if this was the last. */
  readonly continueToken: string;
}

/**
 * Parses the JSON of a Kubernetes list while it arrives: each item is handed over (as text) when it is complete, so
 * that neither the whole list is in memory nor the event loop stopped for it. The list itself is `{…, "items": […], …}`.
 */
export class ListParser {
  readonly #onItem: (json: string) => void;
  readonly #item: ByteCollector;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Depth 2 inside the top-level "items". */
  #inItems = false;
  /** Everything but the items. */
  readonly #envelope = new ByteCollector(maxEnvelopeBytes, 'the list without its items');
  /** The last bytes of it, for finding "items". */
  #envelopeEnd = '';

  /** @param maxItemBytes of one object */
  constructor(onItem: (json: string) => void, maxItemBytes: number) {
    this.#onItem = onItem;
    this.#item = new ByteCollector(maxItemBytes, 'an object of the list');
  }

  /** @throws RangeError if something is larger than any list can be; whatever `onItem` throws. */
  push(chunk: Uint8Array): void {
    // Start of the bytes of this chunk that are not yet in #item or #envelope.
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
        continue;
      }
      if (byte === quote) {
        this.#inString = true;
      } else if (byte === openBrace || byte === openBracket) {
        if (this.#inItems && this.#depth === 2) from = i;
        this.#depth += 1;
        if (this.#depth === 2 && byte === openBracket && !this.#inItems) {
          this.#keepEnvelope(chunk.subarray(from, i + 1));
          from = i + 1;
          this.#inItems = /"items"\s*:\s*\[$/.test(this.#envelopeEnd);
        }
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        if (this.#inItems && this.#depth === 2) {
          this.#item.add(chunk.subarray(from, i + 1));
          from = i + 1;
          this.#onItem(this.#item.take());
        } else if (this.#inItems && this.#depth === 1) {
          this.#inItems = false;
          from = i;
        }
      } else if (this.#inItems && this.#depth === 2 && byte === comma) {
        from = i + 1;
      }
    }
    const rest = chunk.subarray(from);
    if (!this.#inItems) this.#keepEnvelope(rest);
    else if (this.#depth > 2) this.#item.add(rest);
  }

  /** After the last chunk. @throws SyntaxError if the list is not complete. */
  end(): ListMetadata {
    if (this.#depth !== 0 || this.#inString) throw new SyntaxError('the list ends in the middle');
    const { metadata } = JSON.parse(this.#envelope.take()) as {
      metadata?: { resourceVersion?: unknown; continue?: unknown };
    };
    const { resourceVersion, continue: token } = metadata ?? {};
    if (typeof resourceVersion !== 'string' || resourceVersion === '') {
      throw new SyntaxError('the list has no metadata.resourceVersion');
    }
    return { resourceVersion, continueToken: typeof token === 'string' ? token : '' };
  }

  #keepEnvelope(bytes: Uint8Array): void {
    this.#envelope.add(bytes);
    const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      .subarray(-64)
      .toString('latin1');
    this.#envelopeEnd = (this.#envelopeEnd + end).slice(-64);
  }
}
