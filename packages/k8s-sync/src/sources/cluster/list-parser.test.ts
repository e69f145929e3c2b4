import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ListParser } from './list-parser.ts';

function parse(
  text: string,
  cuts: readonly number[] = [],
  maxItemBytes = 2 ** 20,
): { items: unknown[]; metadata: object } {
  const items: unknown[] = [];
  const parser = new ListParser((json) => items.push(JSON.parse(json)), maxItemBytes);
  const bytes = Buffer.from(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const end of ends) {
    parser.push(bytes.subarray(from, end));
    from = end;
  }
  return { items, metadata: parser.end() };
}

describe('ListParser', () => {
  it('finds what JSON.parse finds, wherever the bytes are cut', () => {
    const object = fc.dictionary(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constant('items')),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(
        fc.array(object, { maxLength: 5 }),
        object,
        fc.array(fc.nat(), { maxLength: 8 }),
        fc.boolean(),
        (items, extra, cuts, pretty) => {
          const list = {
            apiVersion: 'v1',
            metadata: { resourceVersion: '7', continue: 'x', extra },
            items,
            more: [extra],
          };
          const text = JSON.stringify(list, null, pretty ? 2 : 0);
          const parsed = parse(text, cuts);
          expect(parsed.items).toEqual(JSON.parse(JSON.stringify(items)));
          expect(parsed.metadata).toEqual({ resourceVersion: '7', continueToken: 'x' });
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ['{"items":null,"metadata":{"resourceVersion":"1"}}', []],
    ['{"items":[{"a":"}]"},{"b":"\\"{"}],"metadata":{"resourceVersion":"1"}}', [{ a: '}]' }, { b: '"{' }]],
    ['{"x":"\\"items\\":","metadata":{"resourceVersion":"1"},"items":[]}', []],
  ])('%s', (text, items) => {
    expect(parse(text)).toEqual({ items, metadata: { resourceVersion: '1', continueToken: '' } });
  });

  it.each([
    ['{"items":[{"a":1}', 'the list ends in the middle'],
    ['{"items":[]}', 'no metadata.resourceVersion'],
    ['', 'Unexpected end'],
  ])('%j is refused', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('keeps no more of an object, or of what is round them, than the limit', () => {
    const list = (text: string) => `{"metadata":{"resourceVersion":"1"},"items":[{"a":"${text}"}]}`;
    expect(parse(list('x'.repeat(92)), [], 100).items).toHaveLength(1);
    expect(() => parse(list('x'.repeat(93)), [], 100)).toThrow(
      'an object of the list has more than 100 bytes',
    );
    const parser = new ListParser(() => {}, 100);
    expect(() => {
      for (let i = 0; i < 200; i++) parser.push(Buffer.from(`{"kind":"${'x'.repeat(10_000)}`));
    }).toThrow('the list without its items has more than 1048576 bytes');
  });
});
