import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ListParser } from '../../../k8s-sync/src/sources/cluster/list-parser.ts';
import { parseWatchEvent } from '../../../k8s-sync/src/sources/cluster/watch-event.ts';
import { fuzz, fuzzMs, mutated } from './fuzz.ts';

const maxBytes = 4_096;
const object =
  '{"kind":"Service","metadata":{"name":"web","resourceVersion":"7"},"spec":{"clusterIP":"198.51.100.1"}}';
const lines = [
  `{"type":"ADDED","object":${object}}`,
  '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}',
  '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}',
];
const list = `{"kind":"ServiceList","metadata":{"resourceVersion":"9","continue":"x"},"items":[${object},${object}]}`;

/** Bytes of a text in parts, with some bytes of it broken: no UTF-8 any more. */
const parts = (texts: readonly string[]) =>
  fc
    .tuple(
      mutated(texts),
      fc.array(fc.nat(), { maxLength: 6 }),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0x80, max: 0xff })), { maxLength: 2 }),
    )
    .map(([text, cuts, spoilt]) => {
      const bytes = Buffer.from(text);
      for (const [at, byte] of spoilt) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
    });

/** What a follower of a watch counts on: it tells these from faults of its own. */
function expectKnown(error: unknown): void {
  const { name, code, message } = error as { name?: string; code?: string; message: string };
  expect(['SyntaxError', 'RangeError', 'TypeError', 'ApiServerError'], `${name}: ${message}`).toContain(name);
  if (name === 'ApiServerError') expect(code).toBe('LBX_API_SERVER');
}

it('a line of a watch is an event or refused', { timeout: fuzzMs }, () => {
  fuzz(mutated(lines), (line) => {
    try {
      const event = parseWatchEvent('Service', line);
      expect(['bookmark', 'upsert', 'delete', 'other']).toContain(event.type);
    } catch (error) {
      expectKnown(error);
    }
  });
});

it('a list in parts of any size has the items that it has in one, whatever its bytes', {
  timeout: fuzzMs,
}, () => {
  const read = (chunks: readonly Uint8Array[]): string[] => {
    const items: string[] = [];
    try {
      const parser = new ListParser((json) => items.push(json), maxBytes);
      for (const chunk of chunks) parser.push(chunk);
      items.push(JSON.stringify(parser.end()));
    } catch (error) {
      expectKnown(error);
      items.push('refused');
    }
    for (const item of items) expect(item.length).toBeLessThanOrEqual(maxBytes);
    return items;
  };
  fuzz(parts([list]), (chunks) => expect(read(chunks)).toEqual(read([Buffer.concat(chunks)])));
});
