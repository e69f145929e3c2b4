import picocolors from 'picocolors';
import { expect, it } from 'vitest';
import { printable } from './printable.ts';

it.each([
  ['web\tshop\nnext ⇒ 10 µs', 'web\tshop\nnext ⇒ 10 µs'],
  ['\u001b[2J\u001b[Hall is well', '\\u001b[2J\\u001b[Hall is well'],
  ['\u001b]0;title\u0007', '\\u001b]0;title\\u0007'],
  ['\u001b[8mhidden', '\\u001b[8mhidden'],
  ['good\rbad', 'good\\u000dbad'],
  ['\u009b31m', '\\u009b31m'],
  ['abc\u202ecba', 'abc\\u202ecba'],
])('%j is shown as %j', (text, shown) => expect(printable(text)).toBe(shown));

it('leaves our own colours', () => {
  const { green, bold, dim, red, cyan, yellow } = picocolors.createColors(true);
  const text = [green, bold, dim, red, cyan, yellow].map((paint) => paint('text')).join(' ');
  expect(printable(text)).toBe(text);
});

it('JSON means the same afterwards', () => {
  const value = { name: 'a\u001b[2J\u009b\u202e\u007f\n' };
  expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
});
