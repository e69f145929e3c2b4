import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { objectPath } from '../../test/object-path.ts';
import type { FormatError } from '../elf/format-error.ts';
import type { ObjectSpec } from './object-spec.ts';
import { parseObject } from './parse-object.ts';

const BPF_F_MMAPABLE = 0x400;
const BPF_F_RDONLY_PROG = 0x80;

describe('an object with one of everything', () => {
  let object: ObjectSpec;
  beforeAll(() => {
    object = parseObject(objectPath('rich'));
  });

  test('itself', () => {
    expect(object).toMatchObject({ path: objectPath('rich'), license: 'Dual BSD/GPL', byteOrder: 'little' });
  });

  // Sizes and flags are those the kernel shows for the loaded maps.
  test.each<[string, string, number, number, number, number]>([
    ['first_table', 'array', 4, 4, 8, 0],
    ['table_slots', 'array_of_maps', 4, 4, 4, 0],
    ['calls', 'prog_array', 4, 4, 3, 0],
    ['events', 'ringbuf', 0, 0, 65536, 0],
    ['flows', 'hash', 12, 16, 1024, 0],
    ['recent', 'lru_hash', 12, 8, 256, 0],
    ['percpu_flows', 'percpu_hash', 4, 4, 64, 0],
    ['tables', 'hash_of_maps', 2, 4, 32, 0],
    ['prefixes', 'lpm_trie', 24, 1, 128, 1],
    ['counters', 'array', 4, 8, 16, 0],
    ['percpu_counters', 'percpu_array', 4, 8, 4, 0],
    ['.rodata', 'array', 4, 76, 1, BPF_F_RDONLY_PROG | BPF_F_MMAPABLE],
    ['.data', 'array', 4, 20, 1, BPF_F_MMAPABLE],
    ['.data.custom', 'array', 4, 4, 1, BPF_F_MMAPABLE],
    ['.bss', 'array', 4, 112, 1, BPF_F_MMAPABLE],
  ])('map %s', (name, type, keySize, valueSize, maxEntries, flags) => {
    expect(object.maps.get(name)).toMatchObject({ name, type, keySize, valueSize, maxEntries, flags });
  });

  test('no other map', () => {
    expect(object.maps.size).toBe(15);
  });

  test('types of keys and values', () => {
    const flows = object.maps.get('flows')!;
    expect(flows).toMatchObject({ keyTypeName: 'struct flow_key', valueTypeName: 'struct flow_value' });
    expect(object.btf.structOf(flows.keyTypeId!).name).toBe('flow_key');
  });

  test('maps of maps have a template, and initial slots', () => {
    const template = { type: 'array', keySize: 4, valueSize: 4, maxEntries: 8, valueTypeName: '__u32' };
    expect(object.maps.get('tables')).toMatchObject({ innerSpec: template, keyTypeName: '__u16' });
    expect(object.maps.get('tables')).not.toHaveProperty('values');
    expect(object.maps.get('table_slots')).toMatchObject({
      innerSpec: template,
      values: [{ index: 2, name: 'first_table' }],
    });
    expect(object.maps.get('calls')!.values).toEqual([{ index: 1, name: 'rich_tail' }]);
  });

  test('programs, in order of the sections', () => {
    expect([...object.programs.values()]).toMatchObject([
      {
        name: 'rich_tail',
        section: 'xdp',
        type: 'xdp',
        expectedAttachType: 'xdp',
        offset: 0,
        instructionCount: 21,
      },
      { name: 'rich_xdp', section: 'xdp', type: 'xdp', offset: 168, instructionCount: 71 },
      { name: 'rich_tc', section: 'tc', type: 'sched_cls', instructionCount: 145 },
      {
        name: 'rich_connect4',
        section: 'cgroup/connect4',
        type: 'cgroup_sock_addr',
        expectedAttachType: 'cgroup_inet4_connect',
        autoload: true,
      },
    ]);
    expect(object.programs.get('rich_tc')).not.toHaveProperty('expectedAttachType');
  });

  test.each<[string, string, number, string, string]>([
    ['config_u8', '.rodata', 0, '__u8', '01'],
    ['config_u16', '.rodata', 2, '__u16', '03 02'],
    ['config_u32', '.rodata', 4, '__u32', '07 06 05 04'],
    ['config_u64', '.rodata', 8, '__u64', '0f 0e 0d 0c 0b 0a 09 08'],
    ['config_bool', '.rodata', 16, '_Bool', '01'],
    ['config_signed', '.rodata', 20, '__s32', 'fb ff ff ff'],
    ['config_port', '.rodata', 24, '__be16', '1f 90'],
    ['config_settings', '.rodata', 28, 'struct settings', 'c0 00 02 01 01 bb 02 00'],
    ['config_bytes', '.rodata', 36, '__u8[6]', '01 02 03 04 05 06'],
    ['config_unset', '.rodata', 72, '__u32', '00 00 00 00'],
    ['data_u32', '.data', 0, '__u32', '2a 00 00 00'],
    ['data_u64', '.data', 8, '__u64', '88 77 66 55 44 33 22 11'],
    ['static_calls', '.data', 16, '__u32', '03 00 00 00'],
    ['custom_section_value', '.data.custom', 0, '__u32', '09 00 00 00'],
    ['bss_packets', '.bss', 0, '__u64', '00 00 00 00 00 00 00 00'],
    ['bss_array', '.bss', 8, '__u32[4]', '00 '.repeat(16).trim()],
  ])('variable %s', (name, section, offset, type, hex) => {
    const variable = object.variables.get(name);
    expect(variable).toMatchObject({ name, section, offset, type, constant: section === '.rodata' });
    const bytes = Array.from(variable!.initial, (byte) => byte.toString(16).padStart(2, '0'));
    expect(bytes.join(' ')).toBe(hex);
    expect(variable!.size).toBe(bytes.length);
  });

  test('the BTF has the offsets too', () => {
    expect(object.btf.variable('config_settings').offset).toBe(28);
    const { size, variables } = object.btf.datasec('.data');
    expect(size).toBe(20);
    expect(variables.map(({ name, offset }) => [name, offset])).toEqual([
      ['data_u32', 0],
      ['data_u64', 8],
      ['static_calls', 16],
    ]);
  });

  test('bytes give the same as a path, and can be changed afterwards', () => {
    const bytes = readFileSync(objectPath('rich'));
    const fromBytes = parseObject(bytes);
    bytes.fill(0);
    expect(fromBytes).not.toHaveProperty('path');
    expect([...fromBytes.maps]).toEqual([...object.maps]);
    expect([...fromBytes.variables]).toEqual([...object.variables]);
    expect(fromBytes.btf.struct('flow_key')).toEqual(object.btf.struct('flow_key'));
  });

  test('initial values are copies', () => {
    const { initial } = object.variables.get('config_u32')!;
    initial[0] = 99;
    expect(object.maps.get('.rodata')!.contents![4]).toBe(7);
    initial[0] = 7;
  });
});

describe('rarer declarations', () => {
  const object = parseObject(objectPath('odd'));

  test.each<[string, object]>([
    ['sized_pinned', { keySize: 12, valueSize: 3, flags: 5, numaNode: 1, pinning: 'by_name' }],
    ['bloom', { type: 'bloom_filter', keySize: 0, valueSize: 4, extra: 0x123456789an }],
    ['static_map', { type: 'lru_percpu_hash', keyTypeName: 'anonymous_pair', valueSize: 8, pinning: 'none' }],
    ['without_template', { type: 'hash_of_maps', valueSize: 4 }],
    ['perf_events', { type: 'perf_event_array', maxEntries: 0 }],
  ])('map %s', (name, expected) => {
    expect(object.maps.get(name)).toMatchObject(expected);
    expect(object.maps.get(name)).not.toHaveProperty('innerSpec');
  });

  test.each<[string, object]>([
    ['optional_xdp', { section: '?xdp.frags/devmap', type: 'xdp', autoload: false, frags: true }],
    ['sleepable_lsm', { type: 'lsm', expectedAttachType: 'lsm_mac', sleepable: true, attachTo: 'file_open' }],
    ['unknown_kind', { section: 'no such kind', type: 'unspec', autoload: true }],
  ])('program %s', (name, expected) => {
    expect(object.programs.get(name)).toMatchObject(expected);
  });

  test('a typedef names its struct', () => {
    expect(object.btf.struct('anonymous_pair')).toMatchObject({ name: 'anonymous_pair', size: 4 });
  });

  test('static variables of a function carry its name', () => {
    const first = (name: string) => object.variables.get(name)?.initial[0];
    expect([first('count_a.calls'), first('count_b.calls'), first('shared')]).toEqual([5, 6, 1]);
    expect(object.variables.get('shared')!.linkage).toBe('static');
  });
});

test('a big-endian object', () => {
  const object = parseObject(objectPath('big-endian'));
  expect(object.byteOrder).toBe('big');
  expect(object.maps.get('pairs')).toMatchObject({ type: 'hash', keySize: 8, valueSize: 8, maxEntries: 300 });
  expect([...object.variables.get('config_u32')!.initial]).toEqual([4, 5, 6, 7]);
  expect(object.programs.get('big_tc')).toMatchObject({ type: 'sched_cls', instructionCount: 21 });
});

describe('what is wrong is said', () => {
  const errorOf = (object: string | Uint8Array): FormatError => {
    try {
      parseObject(object);
    } catch (error) {
      return error as FormatError;
    }
    throw new Error('no error');
  };

  test.each<[string, string, string, RegExp]>([
    [
      'a missing file',
      '/no/such/object.bpf.o',
      'LBX_OBJECT_UNREADABLE',
      /cannot read the BPF object: ENOENT/,
    ],
    ['a folder', '/', 'LBX_OBJECT_UNREADABLE', /EISDIR/],
    ['an endless device', '/dev/zero', 'LBX_OBJECT_UNREADABLE', /it is a device/],
    ['source text', objectPath('rich').replace(/o$/, 'c'), 'LBX_NOT_ELF', /source text/],
    [
      'an executable',
      process.execPath,
      'LBX_NOT_BPF',
      /ELF (executable|shared object).*compile with clang -target bpf/,
    ],
    ['old maps', objectPath('legacy-maps'), 'LBX_OBJECT_INVALID', /old section "maps".*SEC\("\.maps"\)/],
  ])('%s', (_, path, code, message) => {
    const error = errorOf(path);
    expect(error).toMatchObject({ code, path });
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });

  /** The object with one section's name changed in the string table. */
  const renamed = (from: string, to: string): Uint8Array => {
    const bytes = readFileSync(objectPath('rich'));
    const at = bytes.lastIndexOf(`\0${from}\0`);
    bytes.write(to, at + 1, 'latin1');
    return bytes;
  };

  test('no BTF', () => {
    expect(errorOf(renamed('.rel.BTF', '.rel.XXX'))).toMatchObject({ code: 'LBX_BTF_MISSING' });
  });

  test('BTF cut short', () => {
    const bytes = readFileSync(objectPath('rich'));
    const btf = bytes.indexOf(Buffer.of(0x9f, 0xeb, 1, 0, 24));
    bytes.writeUInt32LE(0x100000, btf + 12);
    expect(errorOf(bytes)).toMatchObject({ code: 'LBX_BTF_INVALID', offset: btf + 8 });
    expect(errorOf(bytes).message).toMatch(
      /^section .BTF: the BTF types lie at .* cut short \(at byte \d+\)$/,
    );
  });

  test('a variable without symbol', () => {
    expect(errorOf(renamed('config_u32', 'config_x32'))).toMatchObject({
      code: 'LBX_OBJECT_INVALID',
      message: expect.stringMatching(/variable config_u32 of section .rodata has no ELF symbol/),
    });
  });

  test('a file that is cut while it is copied', () => {
    const folder = mkdtempSync(join(tmpdir(), 'libbpf-ts-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'half.bpf.o');
    writeFileSync(path, readFileSync(objectPath('rich')).subarray(0, 9000));
    expect(errorOf(path)).toMatchObject({ code: 'LBX_ELF_INVALID', path });
  });
});
