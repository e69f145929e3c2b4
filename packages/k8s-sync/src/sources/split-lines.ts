/** A watch event is at most an object (etcd allows 1.5 MB) and some envelope. */
const maxLineBytes = 16 * 2 ** 20;

/**
 * The lines of a byte stream, without empty ones, as soon as each is complete. What is left without a line end when the
 * stream ends is not a line: the event was cut.
 *
 * @throws RangeError if a line has more than 16 MiB.
 */
export async function* splitLines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.length) {
      parts.push(chunk.subarray(from));
      length += chunk.length - from;
      if (length > maxLineBytes) throw new RangeError(`a line has more than ${maxLineBytes} bytes`);
    }
  }
}
