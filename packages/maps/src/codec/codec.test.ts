import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bits } from './bits.ts';
import { bytes, mac, pad, parseHex, toHex } from './bytes.ts';
import type { Field } from './field.ts';
import { be16, be32, bit0, u8, u16, u32, u64 } from './integers.ts';
import { ipv4 } from './ipv4.ts';
import { ipv6 } from './ipv6.ts';
import { padTo } from './pad-to.ts';
import { decodeWith, encodeWith, scalar, struct } from './struct.ts';
import { variants } from './variants.ts';

// biome-ignore lint/suspicious/noExplicitAny: fields of every type in one table
type AnyField = Field<any>;
const hexOf = (field: AnyField, value: unknown) => toHex(encodeWith(field, value));

const valid: [string, AnyField, unknown, string][] = [
  ['u8', u8, 255, 'ff'],
  ['u16', u16, 0x0102, '0201'],
  ['u32', u32, 0xfffffffe, 'feffffff'],
  ['u64', u64, 0x0102030405060708n, '0807060504030201'],
  ['u64 max', u64, 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['be16', be16, 80, '0050'],
  ['be32', be32, 0x01020304, '01020304'],
  ['be16 in 32', padTo(be16, 4), 12345, '30390000'],
  ['bit0', bit0, true, '01'],
  ['bits', bits(u32, { seconds: 24, algorithm: 8 }), { seconds: 10800, algorithm: 2 }, '302a0002'],
  [
    'bits, highest bit',
    bits(u32, { seconds: 24, algorithm: 8 }),
    { seconds: 0xffffff, algorithm: 0x80 },
    'ffffff80',
  ],
  ['bytes', bytes(3), new Uint8Array([1, 2, 255]), '0102ff'],
  ['mac', mac, '02:00:00:00:0a:ff', '020000000aff'],
  ['mac in 64', padTo(mac, 8), '02:00:00:00:0a:ff', '020000000aff0000'],
  ['ipv4', ipv4, '198.51.100.1', 'c6336401'],
  ['ipv4 any', ipv4, '0.0.0.0', '00000000'],
  ['ipv4 all ones', ipv4, '255.255.255.255', 'ffffffff'],
  ['ipv6', ipv6, '2001:db8::1', '20010db8000000000000000000000001'],
  ['ipv6 any', ipv6, '::', '00000000000000000000000000000000'],
  ['ipv6 mapped', ipv6, '::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
];

const invalid: [string, AnyField, unknown, string][] = [
  ['u8 too large', u8, 256, 'LBX_FIELD_RANGE'],
  ['u8 negative', u8, -1, 'LBX_FIELD_RANGE'],
  ['u8 fraction', u8, 1.5, 'LBX_FIELD_RANGE'],
  ['u8 NaN', u8, Number.NaN, 'LBX_FIELD_RANGE'],
  ['u8 text', u8, '1', 'LBX_FIELD_TYPE'],
  ['u8 nothing', u8, undefined, 'LBX_FIELD_TYPE'],
  ['u16 too large', u16, 65536, 'LBX_FIELD_RANGE'],
  ['u32 too large', u32, 2 ** 32, 'LBX_FIELD_RANGE'],
  ['u64 number', u64, 1, 'LBX_FIELD_TYPE'],
  ['u64 negative', u64, -1n, 'LBX_FIELD_RANGE'],
  ['u64 too large', u64, 2n ** 64n, 'LBX_FIELD_RANGE'],
  ['be16 of 70000', be16, 70000, 'LBX_FIELD_RANGE'],
  ['be32 negative', be32, -1, 'LBX_FIELD_RANGE'],
  ['be16 in 32 too large', padTo(be16, 4), 65536, 'LBX_FIELD_RANGE'],
  ['bit0 number', bit0, 1, 'LBX_FIELD_TYPE'],
  [
    'bits part too large',
    bits(u32, { seconds: 24, algorithm: 8 }),
    { seconds: 2 ** 24, algorithm: 0 },
    'LBX_FIELD_RANGE',
  ],
  ['bits part missing', bits(u32, { seconds: 24, algorithm: 8 }), { seconds: 1 }, 'LBX_FIELD_TYPE'],
  ['bytes too short', bytes(3), new Uint8Array(2), 'LBX_FIELD_RANGE'],
  ['mac short', mac, '02:00:00:00:00', 'LBX_FIELD_TYPE'],
  ['ipv4 number', ipv4, 1, 'LBX_ADDRESS'],
  ['ipv4 nothing', ipv4, undefined, 'LBX_ADDRESS'],
];

describe('fields', () => {
  it.each(valid)('%s', (_name, field, value, hex) => {
    expect(hexOf(field, value)).toBe(hex);
    expect(decodeWith({ ...field, name: 'field' }, parseHex(hex))).toEqual(value);
    expect(field.text.parse(field.text.format(value))).toEqual(value);
    expect(field.text.format(value)).not.toMatch(/\s/);
  });
  it.each(invalid)('%s is refused', (_name, field, value, code) => {
    expect(() => encodeWith(field, value)).toThrow(expect.objectContaining({ code }));
  });
  it('after a refused address the one before is still right', () => {
    for (const [field, good, bad] of [
      [ipv4, '192.0.2.1', '192.0.2.256'],
      [ipv6, '2001:db8::1', '2001:db8::g'],
    ] as const) {
      const hex = hexOf(field, good);
      expect(() => encodeWith(field, bad)).toThrow();
      expect(() => encodeWith(field, bad)).toThrow();
      expect(hexOf(field, good)).toBe(hex);
    }
  });
  it('names of values and flags are for text only', () => {
    const proto = u8.values({ TCP: 6 });
    expect([
      proto.text.format(6),
      proto.text.format(7),
      proto.text.parse('TCP'),
      proto.text.parse('7'),
    ]).toEqual(['TCP', '7', 6, 7]);
    const flags = u8.flags({ a: 1, b: 2, top: 0x80 });
    expect([0, 1, 0x83, 0x94].map(flags.text.format)).toEqual(['-', 'a', 'a|b|top', 'top|0x14']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (x) => flags.text.parse(flags.text.format(x)) === x),
    );
  });
  it('bits must fill the word', () => {
    expect(() => bits(u16, { a: 15 })).toThrow(/15 of 16/);
  });
});

describe('struct', () => {
  const Key = struct('lb4_key', {
    address: ipv4,
    dport: be16,
    backendSlot: u16,
    proto: u8,
    scope: u8,
    pad: pad(2),
  });
  const key = { address: '198.51.100.1', dport: 80, backendSlot: 2, proto: 6, scope: 0 };

  it('places the members by the rules of C', () => {
    expect(Key.fields.map((f) => [f.name, f.cName, f.offset, f.size, f.ctype])).toEqual([
      ['address', 'address', 0, 4, '__be32'],
      ['dport', 'dport', 4, 2, '__be16'],
      ['backendSlot', 'backend_slot', 6, 2, '__u16'],
      ['proto', 'proto', 8, 1, '__u8'],
      ['scope', 'scope', 9, 1, '__u8'],
      ['pad', 'pad', 10, 2, '__u8[2]'],
    ]);
    expect(toHex(Key.encode(key))).toBe('c63364010050020006000000');
    expect(Key.decode(parseHex('c6336401 0050 0200 06 00 0000'))).toEqual(key);
  });
  it('refuses padding that is not written down', () => {
    expect(() => struct('x', { a: u8, b: u32 })).toThrow(/struct x: C would put 3 bytes before b.*pad\(3\)/);
    expect(() => struct('x', { b: u32, a: u8 })).toThrow(/append 3 bytes/);
    expect(struct('x', { b: u32, a: u8 }, { packed: true }).size).toBe(5);
  });
  it('writes every byte, whatever was there', () => {
    const dirty = new DataView(new ArrayBuffer(14));
    for (let i = 0; i < 14; i++) dirty.setUint8(i, 0xee);
    Key.put(dirty, 1, key);
    expect(toHex(new Uint8Array(dirty.buffer))).toBe('eec63364010050020006000000ee');
  });
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 16])('%i bytes of padding are zeroed', (n) => {
    const padded = struct('x', { a: u8, pad: pad(n) });
    const dirty = new DataView(new Uint8Array(n + 1).fill(255).buffer);
    padded.put(dirty, 0, { a: 1 });
    expect(toHex(new Uint8Array(dirty.buffer))).toBe(`01${'00'.repeat(n)}`);
  });
  it('names the field that does not fit', () => {
    expect(() => Key.encode({ ...key, dport: 70000 })).toThrow(
      expect.objectContaining({
        code: 'LBX_FIELD_RANGE',
        field: 'lb4_key.dport',
        message: 'lb4_key.dport: 70000 is not an integer in 0..65535',
      }),
    );
    expect(() => Key.encode({ ...key, address: '198.51.100.256' })).toThrow(
      'lb4_key.address: "198.51.100.256" is no IPv4',
    );
    expect(() => Key.encode(undefined as never)).toThrow('lb4_key: expected an object');
    expect(() => Key.encode({ ...key, scope: 1n as never })).toThrow(/^lb4_key.scope: .*BigInt/);
    expect(() => Key.encode({ ...key, proto: Symbol('x') as never })).toThrow(/^lb4_key.proto: /);
    const nested = struct('s', { word: bits(u32, { low: 31, high: 1 }) });
    expect(() => nested.encode({ word: { low: 0, high: 2 } })).toThrow(
      's.word.high: 2 is not an integer in 0..1',
    );
  });
  it('refuses bytes of another length', () => {
    expect(() => Key.decode(new Uint8Array(11))).toThrow('lb4_key is 12 bytes, got 11');
  });
  it('reads from a part of a larger buffer', () => {
    const large = Buffer.concat([Buffer.from('ff'), Key.encode(key)]);
    expect(Key.decode(large.subarray(2))).toEqual(key);
  });
  it('a scalar is an object with one name', () => {
    const Id = scalar('backendId', u32);
    expect([Id.name, Id.size, Id.isScalar, toHex(Id.encode({ backendId: 7 }))]).toEqual([
      '__u32',
      4,
      true,
      '07000000',
    ]);
  });
  it('variants choose by the value and by the bytes', () => {
    const v = variants(
      struct('s', { kind: u8, a: u8, pad: pad(2) }),
      struct('s', { kind: u8, p: pad(1), b: be16 }),
      {
        isFirst: (x) => 'a' in x,
        holdsFirst: (view, at) => view.getUint8(at) === 1,
      },
    );
    expect(toHex(v.encode({ kind: 1, a: 2 }))).toBe('01020000');
    expect(toHex(v.encode({ kind: 2, b: 2 }))).toBe('02000002');
    expect(v.decode(parseHex('02000002'))).toEqual({ kind: 2, b: 2 });
    expect(() => v.encode(null as never)).toThrow('s: expected an object');
    expect(v.text.parse('kind=2 b=9')).toEqual({ kind: 2, b: 9 });
    expect(v.text.parse('kind=1 a=9')).toEqual({ kind: 1, a: 9 });
    expect(() =>
      variants(struct('s', { a: u8 }), struct('s', { a: u16 }), {
        isFirst: () => true,
        holdsFirst: () => true,
      }),
    ).toThrow(/not one struct/);
  });
});
