import { expect, it } from 'vitest';
import { ListParser } from '../../../k8s-sync/src/sources/cluster/list-parser.ts';
import { parseWatchEvent } from '../../../k8s-sync/src/sources/cluster/watch-event.ts';
import { splitLines } from '../../../k8s-sync/src/sources/split-lines.ts';
import { fuzz, fuzzAsync, fuzzMs, mutated, parts } from './fuzz.ts';

const maxBytes = 4_096;
const object =
  '{"kind":"Service","metadata":{"name":"web","resourceVersion":"7"},"spec":{"clusterIP":"198.51.100.1"}}';
const lines = [
  `{"type":"ADDED","object":${object}}`,
  '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}',
  '{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}',
];
const list = `{"kind":"ServiceList","metadata":{"resourceVersion":"9","continue":"x"},"items":[${object},${object}]}`;

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

/** Characters of two, three and four bytes, which parts can cut. */
const stream = [...lines, lines[0]!.replace('web', 'wéb-網-🐝')].join('\n');

it('a watch in parts of any size has the lines that it has in one, whatever its bytes', {
  timeout: fuzzMs,
}, async () => {
  const read = async (chunks: readonly Uint8Array[]): Promise<string[]> => {
    const found: string[] = [];
    async function* body() {
      yield* chunks;
    }
    try {
      for await (const line of splitLines(body(), 400)) found.push(line);
    } catch (error) {
      expectKnown(error);
      found.push('refused');
    }
    for (const line of found) {
      expect(line.length).toBeLessThanOrEqual(400);
      try {
        parseWatchEvent('Service', line);
      } catch (error) {
        expectKnown(error);
      }
    }
    return found;
  };
  await fuzzAsync(parts([stream]), async (chunks) => {
    expect(await read(chunks)).toEqual(await read([Buffer.concat(chunks)]));
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
