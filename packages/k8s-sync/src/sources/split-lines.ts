import { ByteCollector } from './byte-collector.ts';

/**
 * The lines of a byte stream, without empty ones, as soon as each is complete. What is left without a line end when the
 * stream ends is not a line: it was cut.
 *
 * @throws RangeError if a line has more than `maxBytes`; no more than that is ever kept.
 */
export async function* splitLines(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  const line = new ByteCollector(maxBytes, 'a line');
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      line.add(chunk.subarray(from, end));
      const text = line.take();
      from = end + 1;
      if (text.trim() !== '') yield text;
    }
    line.add(chunk.subarray(from));
  }
}
