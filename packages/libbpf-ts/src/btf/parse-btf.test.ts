import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BtfRecord, buildBtf } from '../../test/build-btf.ts';
import { objectPath } from '../../test/object-path.ts';
import type { FormatError } from '../elf/format-error.ts';
import { parseElf } from '../elf/parse-elf.ts';
import type { Btf } from './btf.ts';
import { parseBtf } from './parse-btf.ts';

const btfOf = (name: string): Uint8Array => parseElf(readFileSync(objectPath(name))).section('.BTF')!.data;

describe('of a compiled object', () => {
  let btf: Btf;
  beforeAll(() => {
    btf = parseBtf(btfOf('rich'));
  });
  const memberTable = (name: string) =>
    btf.struct(name).members.map(({ name, type, offset, size }) => `${type} ${name} @${offset}+${size}`);

  test('members keep their typedefs', () => {
    expect(btf.struct('flow_key')).toMatchObject({ name: 'flow_key', kind: 'struct', size: 12 });
    expect(memberTable('flow_key')).toEqual([
      '__be32 address @0+4',
      '__be16 dport @4+2',
      '__u16 slot @6+2',
      '__u8 proto @8+1',
      '__u8 scope @9+1',
      '__u8[2] pad @10+2',
    ]);
  });

  test('anonymous unions and structs are flattened, at any depth', () => {
    expect(memberTable('flow_value')).toEqual([
      '__u32 backend_id @0+4',
      '__u16 low @0+2',
      '__u16 high @2+2',
      '__u16 count @4+2',
      '__be16 port @6+2',
      '__u64 bytes @8+8',
    ]);
    expect(btf.struct('v6addr').kind).toBe('union');
    expect(memberTable('prefix_key')).toEqual(['__u32 prefixlen @0+4', 'union v6addr address @8+16']);
  });

  test('every shape of declarator', () => {
    expect(memberTable('shapes').slice(4)).toEqual([
      'enum mode mode @8+4',
      'const char * name @16+8',
      'callback_t callback @24+8',
      '__u16[2][3] grid @32+12',
      'struct flow_key *const[2] keys @48+16',
      'int (*)[4] row @64+8',
      '_Bool ok @72+1',
      'char letter @73+1',
      'enum big big @80+8',
    ]);
    expect(btf.typeName(btf.resolve(btf.find('callback_t', 'typedef')!.id).id)).toBe(
      'int (*)(void *, const char *)',
    );
  });

  test('bitfields', () => {
    expect(btf.struct('shapes').members.slice(0, 4)).toMatchObject([
      { name: 'version', offset: 0, bitOffset: 0, bitSize: 4, size: 1, type: '__u8' },
      { name: 'ihl', offset: 0, bitOffset: 4, bitSize: 4 },
      { name: 'wide', offset: 1, bitOffset: 8, bitSize: 20, size: 4, type: '__u32' },
      { name: 'rest', offset: 4, bitOffset: 32, bitSize: 12 },
    ]);
    expect(btf.struct('shapes').members[4]).not.toHaveProperty('bitSize');
  });

  test('enums of 32 and 64 bits', () => {
    expect(btf.enum('mode')).toMatchObject({ kind: 'enum', size: 4, signed: true });
    expect(btf.enum('mode').values).toEqual([
      { name: 'MODE_OFF', value: 0 },
      { name: 'MODE_ON', value: 7 },
      { name: 'MODE_NEGATIVE', value: -1 },
    ]);
    expect(btf.enum('big').values).toEqual([{ name: 'BIG_VALUE', value: 0x1234567890abcdefn }]);
  });

  test('variables and sections, with the offsets the compiler wrote', () => {
    expect(btf.variable('config_settings')).toMatchObject({
      type: 'struct settings',
      linkage: 'global',
      section: '.rodata',
      offset: 0,
      size: 8,
    });
    expect(btf.variable('config_bytes').type).toBe('__u8[6]');
    expect(btf.typeName(btf.variable('config_u32').typeId)).toBe('const volatile __u32');
    const { size, variables } = btf.datasec('.data');
    expect(size).toBe(0);
    expect(variables.map(({ name, offset }) => [name, offset])).toEqual([
      ['data_u32', 0],
      ['data_u64', 0],
      ['static_calls', 16],
    ]);
  });

  test('functions', () => {
    const func = btf.find('rich_mix', 'func');
    expect(func).toMatchObject({ kind: 'func', linkage: 'global' });
    expect(btf.typeName(func!.id)).toBe('__u32 (__u32, __u32)');
  });

  test('asking for what is not there', () => {
    const unknown = (ask: () => unknown, message: RegExp) => {
      expect(ask).toThrow(expect.objectContaining({ code: 'LBX_BTF_UNKNOWN' }));
      expect(ask).toThrow(message);
    };
    unknown(() => btf.struct('lb9_key'), /no struct, union or typedef lb9_key .* compiled with -g\?/);
    unknown(() => btf.struct('__u32'), /__u32\) is neither a struct nor a union/);
    unknown(() => btf.enum('flow_key'), /no enum flow_key/);
    unknown(() => btf.datasec('.kconfig'), /no section .kconfig in the BTF; there are .bss, .data,/);
    unknown(() => btf.variable('config_u9'), /no variable config_u9 .* and \d+ more/);
    unknown(() => btf.type(100_000), /no BTF type 100000/);
    unknown(() => btf.type(-1), /no BTF type -1/);
    expect(btf.find('lb9_key', 'struct')).toBeUndefined();
    expect(btf.has('flow_key', 'struct')).toBe(true);
    expect(btf.has('flow_key', 'union')).toBe(false);
  });
});

test('big-endian BTF', () => {
  const btf = parseBtf(btfOf('big-endian'));
  expect(btf.struct('pair').members).toMatchObject([
    { name: 'first', type: '__u16', bitOffset: 0, bitSize: 4 },
    { name: 'second', type: '__u16', bitOffset: 4, bitSize: 12 },
    { name: 'address', type: '__be32', offset: 4, size: 4 },
  ]);
});

const kind = (number: number, third: number, more: Partial<BtfRecord> = {}): BtfRecord => ({
  kind: number,
  third,
  ...more,
});
const int = (name: string, size: number, encoding = 0): BtfRecord =>
  kind(1, size, { name, tail: [(encoding << 24) | (size * 8)] });

describe('every kind, made by hand', () => {
  const btf = parseBtf(
    buildBtf([
      int('int', 4, 1), // 1
      int('char', 1, 2), // 2
      int('bool', 1, 4), // 3
      kind(16, 8, { name: 'double' }), // 4
      kind(7, 0, { name: 'sock' }), // 5: struct sock;
      kind(7, 0, { name: 'both', flag: true }), // 6: union both;
      kind(2, 5), // 7: struct sock *
      kind(11, 7), // 8: restrict
      kind(18, 1, { name: 'rcu' }), // 9: int with a type tag
      kind(2, 9), // 10: int *
      kind(10, 0), // 11: const void
      kind(2, 11), // 12: const void *
      kind(13, 0, { length: 2, tail: ['format', 12, '', 0] }), // 13: void (const void *, ...)
      kind(12, 13, { name: 'print', length: 2 }), // 14: extern
      kind(3, 0, { tail: [10, 1, 3] }), // 15: int *[3]
      kind(17, 1, { name: 'user', tail: [0xffffffff] }), // 16: decl_tag
      kind(14, 1, { name: 'loose', tail: [2] }), // 17: extern int
      kind(2, 13), // 18: function pointer
      kind(13, 18, {}), // 19: function returning it
      kind(19, 8, { name: 'signed64', flag: true, length: 1, tail: ['LOW', 0xfffffffe, 0xffffffff] }), // 20
      kind(4, 0, { name: '', length: 0 }), // 21
      kind(9, 21), // 22: volatile anonymous struct
    ]),
  );

  test.each<[number, string]>([
    [0, 'void'],
    [4, 'double'],
    [5, 'struct sock'],
    [6, 'union both'],
    [8, 'struct sock *restrict'],
    [10, 'int *'],
    [12, 'const void *'],
    [13, 'void (const void *, ...)'],
    [14, 'void (const void *, ...)'],
    [15, 'int *[3]'],
    [18, 'void (*)(const void *, ...)'],
    [19, 'void (*(void))(const void *, ...)'],
    [22, 'volatile struct (anonymous)'],
  ])('name of type %i: %s', (id, name) => {
    expect(btf.typeName(id)).toBe(name);
  });

  test('details', () => {
    expect(btf.type(1)).toMatchObject({ size: 4, bits: 32, signed: true, encoding: 'integer' });
    expect(btf.type(2)).toMatchObject({ encoding: 'char', signed: false });
    expect(btf.type(3)).toMatchObject({ encoding: 'bool' });
    expect(btf.type(6)).toMatchObject({ kind: 'fwd', of: 'union' });
    expect(btf.type(14)).toMatchObject({ kind: 'func', linkage: 'extern' });
    expect(btf.type(16)).toMatchObject({ kind: 'decl_tag', typeId: 1, componentIndex: -1 });
    expect(btf.enum('signed64').values).toEqual([{ name: 'LOW', value: -2n }]);
    expect(btf.sizeOf(15)).toBe(24);
    expect(btf.variable('loose')).toMatchObject({ linkage: 'extern', size: 4, type: 'int' });
    expect(btf.variable('loose')).not.toHaveProperty('section');
    expect(() => btf.sizeOf(5)).toThrow(/type 5 \(struct sock\) has no size/);
    expect(() => btf.sizeOf(0)).toThrow(/has no size/);
  });
});

describe('what is wrong is said', () => {
  const errorOf = (bytes: Uint8Array, use: (btf: Btf) => unknown = (btf) => btf.type(1)): FormatError => {
    try {
      use(parseBtf(bytes));
    } catch (error) {
      return error as FormatError;
    }
    throw new Error('no error');
  };
  const good = buildBtf([int('int', 4)]);
  const changed = (offset: number, value: number): Uint8Array => {
    const bytes = good.slice();
    bytes[offset] = value;
    return bytes;
  };

  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /header of 24 bytes, there are 0/],
    ['not BTF', Buffer.alloc(30, 'x'), /begins with 0xeb9f, found 0x7878/],
    ['version 2', changed(2, 2), /BTF version 2/],
    ['a short header', changed(4, 8), /header length 8/],
    ['cut types', good.subarray(0, 30), /types lie at 24..40, the BTF ends at 30/],
    ['cut strings', good.subarray(0, 42), /strings lie at 40..45, the BTF ends at 42/],
    ['kind 20', buildBtf([kind(20, 0)]), /type 1 is of unknown kind 20; known are 1 to 19/],
    ['kind 0', buildBtf([kind(0, 0)]), /unknown kind 0/],
    ['a cut record', buildBtf([kind(4, 4, { length: 9 })]), /type 1 \(struct\) is cut short/],
    ['a reference too far', buildBtf([kind(2, 7)]), /type 1 \(\) refers to type 7; the last one is 1/],
    [
      'a name too far',
      buildBtf([kind(2, 0), kind(2, 0)]).fill(0xff, 24, 27),
      /a name is at 16777215 of the BTF strings/,
    ],
    ['linkage 5', buildBtf([kind(14, 0, { tail: [5] })]), /linkage 5/],
  ])('%s', (_, bytes, message) => {
    const error = errorOf(bytes);
    expect(error.code).toBe('LBX_BTF_INVALID');
    expect(error.message).toMatch(message);
  });

  test('anonymous unions that double at every level', () => {
    const records: BtfRecord[] = [kind(4, 0)];
    for (let id = 1; id <= 30; id++) records.push(kind(5, 4, { length: 2, tail: ['', id, 0, '', id, 0] }));
    records.push(kind(4, 4, { name: 'top', length: 1, tail: ['', records.length, 0] }));
    expect(errorOf(buildBtf(records), (btf) => btf.struct('top')).message).toMatch(/more than 65535 members/);
  });

  test.each<[string, BtfRecord, (btf: Btf) => unknown]>([
    ['const of itself: name', kind(10, 1), (btf) => btf.typeName(1)],
    ['const of itself: size', kind(10, 1), (btf) => btf.sizeOf(1)],
    ['typedef of itself', kind(8, 1, { name: 't' }), (btf) => btf.struct('t')],
    ['pointer to itself', kind(2, 1), (btf) => btf.typeName(1)],
    ['array of itself', kind(3, 0, { tail: [1, 0, 2] }), (btf) => btf.sizeOf(1)],
    ['function of itself', kind(13, 1, { length: 2, tail: ['a', 1, 'b', 1] }), (btf) => btf.typeName(1)],
    ['struct in itself', kind(4, 4, { name: 's', length: 1, tail: ['', 1, 0] }), (btf) => btf.struct('s')],
    ['member outside', kind(4, 1, { name: 's', length: 1, tail: ['m', 1, 64] }), (btf) => btf.struct('s')],
  ])('%s', (_, record, use) => {
    expect(errorOf(buildBtf([record]), use).code).toBe('LBX_BTF_INVALID');
  });
});
