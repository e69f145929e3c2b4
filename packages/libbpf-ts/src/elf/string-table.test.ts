import { expect, test } from 'vitest';
import { createStringTable } from './string-table.ts';

const table = (bytes: Uint8Array) => createStringTable(bytes, 'LBX_BTF_INVALID', 'the test strings');

test('strings by offset, also in the middle of another', () => {
  const strings = table(Buffer.from('\0lb4_key\0ü\0'));
  expect([0, 1, 5, 9].map((offset) => strings.at(offset))).toEqual(['', 'lb4_key', 'key', 'ü']);
});

test('an empty table has the empty name', () => {
  expect(table(new Uint8Array(0)).at(0)).toBe('');
});

test.each([
  ['outside', Buffer.from('\0a\0'), 3, /at 3 of the test strings, which has 3 bytes/],
  ['unterminated', Buffer.from('\0abc'), 1, /does not end/],
  ['too long', Buffer.alloc(10_000, 'a'), 0, /does not end within 4096/],
])('%s', (_, bytes, offset, message) => {
  expect(() => table(bytes).at(offset)).toThrow(expect.objectContaining({ code: 'LBX_BTF_INVALID' }));
  expect(() => table(bytes).at(offset)).toThrow(message);
});
