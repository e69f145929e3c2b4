import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { yamlDocuments } from './yaml-documents.ts';

/** A document with an alias: a file that has one is read by the slow reader, which is also the one that explains. */
const alias = '---\n[&a last, *a]\n';

/** What both readers make of it; they have to agree. */
function read(text: string) {
  const problems: unknown[] = [];
  const fast = yamlDocuments(text, (...problem) => problems.push(problem));
  const slow = yamlDocuments(`${text}${text.endsWith('\n') ? '' : '\n'}${alias}`, (...problem) =>
    problems.push(problem),
  );
  expect(slow.pop()?.value).toEqual(['last', 'last']);
  expect(fast).toEqual(slow);
  expect(problems).toEqual([]);
  return fast;
}

describe('yamlDocuments', () => {
  it.each([
    'null Null NULL ~ true True TRUE false yes no on off y n',
    '0 -0 +1 12 012 0o17 0x1f 0b11 1_000 1e3 1.5 .5 5. 1E-3 +.5 .inf -.INF .nan 1:30 12345678901234567890',
    '2026-11-21 2026-11-21T10:00:00Z = << 198.51.100.1 2001:db8::1 a:b -a ?a',
  ])('reads values as Kubernetes means them: %s', (words) => {
    const values = words.split(' ');
    expect(read(values.map((word) => `- ${word}`).join('\n'))).toHaveLength(1);
    read(values.map((word) => `${word}x: ${word}`).join('\n'));
  });

  it.each([
    ['comments and empty documents', '# a\n\n---\n# b\n---\n\nx: 1\n---\n---\n# c\n  \ny: 2\n', [7, 12]],
    ['contents behind the marks', '--- {x: 1}\n--- # none\n--- [1]\n---\n"text"\n', [1, 3, 5]],
    ['ends of documents and directives', '%YAML 1.2\n---\nx: 1\n...\n# z\n---\ny: 2\n...\n', [3, 7]],
    ['lines that end in CR LF', 'x: 1\r\n---\r\n\r\ny: 2\r\n', [1, 4]],
    ['blocks of text', 'x: |\n  ---\n  a\n\n  b\ny: >-\n  c\n  d\n---\nz: |+\n\n', [1, 10]],
    ['names that objects have', '__proto__: 1\nconstructor: 2\ntoString: {__proto__: {a: 1}}\n', [1]],
    ['JSON', '{"a": [1, {"b": null}],\n "c": "\\u00e9\\n"}', [1]],
    ['nothing', '', []],
  ])('%s', (_, text, lines) => {
    expect(read(text).map(({ line }) => line)).toEqual(lines);
  });

  it('finds in random documents what the slow reader finds, on the same lines', () => {
    const document = fc.object({
      key: fc.string({ maxLength: 6 }),
      values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constant('a\nb\n')],
      maxDepth: 3,
    });
    const texts = fc
      .array(document, { minLength: 1, maxLength: 4 })
      .map((all) => all.map((value) => stringify(value, { aliasDuplicateObjects: false })).join('---\n'));
    fc.assert(
      fc.property(texts, (text) => void read(text)),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a mistake', 'x: 1\n---\n{a\n---\ny: 2\n', [{ x: 1 }, { y: 2 }], 1],
    ['a tag', 'x: !!str 1\n', [{ x: '1' }], 0],
    ['an alias', 'x: &x [1]\ny: *x\n', [{ x: [1], y: [1] }], 0],
    ['more depth than a manifest has', `x: ${'['.repeat(150)}${']'.repeat(150)}`, undefined, 0],
  ])('reads what is not plain: %s', (_, text, values, problems) => {
    const told: unknown[] = [];
    const documents = yamlDocuments(text, (...problem) => told.push(problem));
    expect(told).toHaveLength(problems);
    if (values !== undefined) expect(documents.map(({ value }) => value)).toEqual(values);
    else expect(documents).toHaveLength(1);
  });
});
