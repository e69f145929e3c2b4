import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { VariableSpec } from '../spec/variable-spec.ts';
import { type VariableValue, variableBytes, variableNumber } from './variable-bytes.ts';

const spec = (type: string, size: number): VariableSpec => ({
  name: 'x',
  section: '.rodata',
  offset: 0,
  size,
  type,
  typeId: 0,
  constant: true,
  linkage: 'global',
  initial: new Uint8Array(size),
});

test.each<[type: string, size: number, value: VariableValue, hex: string]>([
  ['__u8', 1, 255, 'ff'],
  ['_Bool', 1, true, '01'],
  ['__u16', 2, 0x1234, '3412'],
  ['__be16', 2, 8080, '1f90'],
  ['__u32', 4, 0x01020304, '04030201'],
  ['__be32', 4, 0xc0000201, 'c0000201'],
  ['__s32', 4, -5, 'fbffffff'],
  ['__u64', 8, 0x1122334455667788n, '8877665544332211'],
  ['__be32', 4, Uint8Array.of(192, 0, 2, 1), 'c0000201'],
  ['struct settings', 3, Uint8Array.of(1, 2, 3), '010203'],
])('%s of %i bytes from %s', (type, size, value, hex) => {
  expect(Buffer.from(variableBytes(spec(type, size), value)).toString('hex')).toBe(hex);
});

test.each<[type: string, size: number, value: VariableValue, message: RegExp]>([
  ['__u8', 1, 256, /x is __u8 \(1 byte\); the number 256 does not fit/],
  ['__u8', 1, -129, /-129/],
  ['__u32', 4, 1.5, /1.5/],
  ['__u32', 4, Number.NaN, /NaN/],
  ['__u32', 4, Uint8Array.of(1, 2), /2 bytes/],
  ['struct settings', 8, 1, /give it as bytes/],
  ['__u8[4]', 4, 1, /give it as bytes/],
  ['__int128', 16, 1, /give it as bytes/],
])('refuses for %s of %i bytes: %s', (type, size, value, message) => {
  expect(() => variableBytes(spec(type, size), value)).toThrow(
    expect.objectContaining({ code: 'LBX_VARIABLE_SIZE' }),
  );
  expect(() => variableBytes(spec(type, size), value)).toThrow(message);
});

test('what was set is what is read, for each type', () => {
  const types = [
    ['__u8', 1, false],
    ['__s16', 2, true],
    ['__be16', 2, false],
    ['int', 4, true],
    ['__be64', 8, false],
    ['long long', 8, true],
  ] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...types),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      ([type, size, signed], any) => {
        const value = signed ? BigInt.asIntN(size * 8, any) : BigInt.asUintN(size * 8, any);
        expect(variableNumber(spec(type, size), variableBytes(spec(type, size), value))).toBe(value);
      },
    ),
  );
});
