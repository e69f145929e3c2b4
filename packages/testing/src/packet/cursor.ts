/** Thrown and caught within the parser: the bytes end inside a header. */
export class Truncated extends Error {}

/** Bytes that are read from front to back. */
export interface Cursor {
  /** The bytes not yet taken. */
  readonly rest: Uint8Array;
  /** Takes the next bytes; throws {@link Truncated} naming what was expected when there are too few. */
  take(length: number, what: string): { readonly bytes: Uint8Array; readonly view: DataView };
}

export function createCursor(bytes: Uint8Array): Cursor {
  let at = 0;
  return {
    get rest() {
      return bytes.subarray(at);
    },
    take(length, what) {
      if (bytes.length - at < length)
        throw new Truncated(`truncated: ${what} needs ${length} bytes, ${bytes.length - at} left`);
      const taken = bytes.subarray(at, at + length);
      at += length;
      return { bytes: taken, view: new DataView(taken.buffer, taken.byteOffset, taken.length) };
    },
  };
}
