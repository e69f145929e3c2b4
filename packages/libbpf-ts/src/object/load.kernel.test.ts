import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { BpfMap } from '../map/map.ts';
import { load } from './load.ts';

const objectPath = (name: string) => join(import.meta.dirname, `../../test/objects/${name}.bpf.o`);
const rich = objectPath('rich');
const u32 = (n: number) => Uint8Array.of(n, 0, 0, 0);
const packet = (first = 0) => {
  const bytes = new Uint8Array(64);
  bytes[0] = first;
  return bytes;
};
const [XDP_DROP, XDP_PASS, XDP_TX] = [1, 2, 3];

describeKernel('load', () => {
  test('maps, programs and variables of an object', () => {
    using object = load(rich);
    expect(object.name).toBe('rich');
    // libbpf's order: as they are in the file, section by section.
    expect(object.programs().map(({ name, type }) => [name, type])).toEqual([
      ['rich_tail', 'xdp'],
      ['rich_xdp', 'xdp'],
      ['rich_tc', 'sched_cls'],
      ['rich_connect4', 'cgroup_sock_addr'],
    ]);
    expect(object.map('flows')).toMatchObject({ type: 'hash', keySize: 12, valueSize: 16, maxEntries: 1024 });
    expect(object.map('.bss').type).toBe('array');
    const xdp = object.program('rich_xdp');
    expect(xdp.testRun({ data: packet(0xff) }).retval).toBe(XDP_DROP);
    expect(xdp.testRun({ data: packet() }).retval).toBe(XDP_PASS);
    // Filled by libbpf from the object: calls[1] = rich_tail.
    expect(xdp.testRun({ data: packet(0xfe) }).retval).toBe(XDP_TX);
    expect(object.map('counters').get(u32(0))?.[0]).toBe(3);
  });

  test('types of keys and values can be read back from a map', () => {
    using object = load(rich);
    const { btf, keyTypeId, valueTypeId } = object.map('flows').btf()!;
    expect(btf.structOf(keyTypeId).members.map(({ name, type }) => [name, type])).toContainEqual([
      'dport',
      '__be16',
    ]);
    expect(btf.typeName(valueTypeId)).toBe('struct flow_value');
    using plain = BpfMap.create({ type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 });
    expect(plain.btf()).toBeUndefined();
  });

  test('bytes load as a path does', () => {
    using object = load(new Uint8Array(readFileSync(rich)));
    expect(object.program('rich_xdp').testRun({ data: packet() }).retval).toBe(XDP_PASS);
  });

  test('maps in the program are the maps in hand', () => {
    using object = load(rich);
    const used = object.program('rich_xdp').info().mapIds;
    const byId = new Map(object.maps().map((map) => [map.id, map.name]));
    expect(used.map((id) => byId.get(id)).sort()).toEqual(
      ['.bss', '.data', '.rodata', 'calls', 'counters', 'events', 'percpu_counters'].sort(),
    );
  });

  test('variables: constants before load, others while the program runs', () => {
    using object = load(rich, {
      variables: {
        config_u8: 200,
        config_u16: 0xbeef,
        config_u64: 2n ** 63n,
        config_bool: false,
        config_signed: -7,
        config_port: 9090,
        config_bytes: Uint8Array.of(6, 5, 4, 3, 2, 1),
        data_u32: 43,
        custom_section_value: 10,
      },
    });
    const number = (name: string) => object.variable(name).getNumber();
    expect(
      [
        'config_u8',
        'config_u16',
        'config_bool',
        'config_signed',
        'config_port',
        'data_u32',
        'custom_section_value',
        'config_u32',
      ].map(number),
    ).toEqual([200, 0xbeef, 0, -7, 9090, 43, 10, 0x04050607]);
    expect(object.variable('config_u64').getBigInt()).toBe(2n ** 63n);
    expect(object.variable('config_port').get()).toEqual(Uint8Array.of(0x23, 0x82));
    expect(object.variable('config_bytes').get()).toEqual(Uint8Array.of(6, 5, 4, 3, 2, 1));
    expect(() => object.variable('config_u8').set(1)).toThrow(/constant.*"variables"/);

    const packets = object.variable('bss_packets');
    packets.set(40n);
    for (let i = 0; i < 2; i++) object.program('rich_xdp').testRun({ data: packet() });
    expect(packets.getNumber()).toBe(42);
    // Static variables are in a section of their own making or shared with others: both can be set.
    object.variable('static_calls').set(100);
    object.program('rich_xdp').testRun({ data: packet() });
    expect(number('static_calls')).toBe(101);
  });

  test.each([
    [
      { variables: { config_none: 1 } },
      'LBX_UNKNOWN_VARIABLE',
      /rich has no variable config_none; it has: config_u8,/,
    ],
    [{ variables: { config_u8: 256 } }, 'LBX_VARIABLE_SIZE', /config_u8 is __u8 \(1 byte\)/],
    [{ variables: { config_settings: 1 } }, 'LBX_VARIABLE_SIZE', /struct settings/],
    [{ maps: { nothing: {} } }, 'LBX_UNKNOWN_MAP', /it has: .*flows,/],
    [{ programs: { nothing: {} } }, 'LBX_UNKNOWN_PROGRAM', /it has: .*rich_xdp,/],
  ])('refuses %j', (options, code, message) => {
    expect(() => load(rich, options)).toThrow(expect.objectContaining({ code }));
    expect(() => load(rich, options)).toThrow(message);
  });

  test('asking for parts that are not there', () => {
    using object = load(rich, { programs: { rich_tc: { autoload: false } } });
    expect(() => object.map('none')).toThrow(expect.objectContaining({ code: 'LBX_UNKNOWN_MAP' }));
    expect(() => object.variable('none')).toThrow(expect.objectContaining({ code: 'LBX_UNKNOWN_VARIABLE' }));
    expect(() => object.program('none')).toThrow(expect.objectContaining({ code: 'LBX_UNKNOWN_PROGRAM' }));
    expect(() => object.program('rich_tc')).toThrow(/did not load program rich_tc \(autoload was off\)/);
    expect(object.programs()).toHaveLength(3);
  });

  test('map sizes, flags and inner maps by option', () => {
    const inner = { type: 'array', keySize: 4, valueSize: 64, maxEntries: 3 } as const;
    const programs = { rich_tc: { autoload: false } };
    using object = load(rich, {
      programs,
      maps: { flows: { maxEntries: 7, flags: 1 }, tables: { maxEntries: 2, innerSpec: inner } },
    });
    expect(object.map('flows')).toMatchObject({ maxEntries: 7, flags: 1 });
    expect(object.map('tables').maxEntries).toBe(2);
    using table = BpfMap.create(inner);
    object.map('tables').setInner(Uint8Array.of(1, 0), table);
    using other = BpfMap.create({ ...inner, valueSize: 4 });
    expect(() => object.map('tables').setInner(Uint8Array.of(2, 0), other)).toThrow(
      expect.objectContaining({ code: 'EINVAL' }),
    );
  });

  test('two objects share a map', () => {
    using first = load(rich);
    using second = load(rich, {
      maps: { counters: { reuse: first.map('counters') }, flows: { reuse: first.map('flows').fd } },
    });
    expect(second.map('counters').id).toBe(first.map('counters').id);
    expect(second.map('flows').id).toBe(first.map('flows').id);
    second.program('rich_xdp').testRun({ data: packet() });
    expect(first.map('counters').get(u32(0))?.[0]).toBe(1);
  });

  test('a map to reuse that is another: all differences', () => {
    using other = BpfMap.create({
      name: 'other',
      type: 'lru_hash',
      keySize: 8,
      valueSize: 16,
      maxEntries: 10,
    });
    const reload = () => load(rich, { maps: { flows: { reuse: other, maxEntries: 20 } } });
    expect(reload).toThrow(
      expect.objectContaining({
        code: 'LBX_MAP_MISMATCH',
        differences: [
          'type: it has lru_hash, expected hash',
          'keySize: it has 8, expected 12',
          'maxEntries: it has 10, expected 20',
        ],
      }),
    );
  });

  test('parts that are taken out outlive the object', () => {
    const object = load(rich);
    using map = object.detachMap('counters');
    using program = object.detachProgram('rich_xdp');
    const { fd } = object.map('flows');
    object.close();
    expect(() => BpfMap.fromFd(fd)).toThrow();
    expect(program.testRun({ data: packet() }).retval).toBe(XDP_PASS);
    expect(map.get(u32(0))?.[0]).toBe(1);
  });
});

describeKernel('pins of load', () => {
  test('a map that asks for it is pinned by name and found again', () => {
    using folder = createBpffsFolder('load-pins');
    const options = { pinPath: folder.path };
    using first = load(objectPath('pinned'), options);
    for (let i = 0; i < 3; i++) first.program('pinned_xdp').testRun({ data: packet() });
    first.close();
    using second = load(objectPath('pinned'), options);
    expect(second.map('pinned_counts').get(u32(0))?.[0]).toBe(3);
    expect(readdirSync(folder.path)).toEqual(['pinned_counts']);
    using third = load(objectPath('pinned'), { ...options, maps: { pinned_counts: { pin: false } } });
    expect(third.map('pinned_counts').id).not.toBe(second.map('pinned_counts').id);
  });

  test('any map can be pinned at a path; another map there is refused and stays', () => {
    using folder = createBpffsFolder('load-pin');
    const pin = join(folder.path, 'mine');
    using object = load(rich, { maps: { flows: { pin } } });
    expect(existsSync(pin)).toBe(true);
    const wrong = () => load(rich, { maps: { recent: { pin } } });
    expect(wrong).toThrow(
      /recent \(pinned at .*mine\) is not what was expected: type: it has hash, expected lru_hash/,
    );
    using again = load(rich, { maps: { flows: { pin } } });
    expect(again.map('flows').id).toBe(object.map('flows').id);
  });

  test('when one pin fails the others are taken back', () => {
    using folder = createBpffsFolder('load-undo');
    const maps = {
      flows: { pin: join(folder.path, 'flows') },
      recent: { pin: join(folder.path, 'no-folder', 'recent') },
    };
    expect(() => load(rich, { maps })).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describeKernel('failing loads', () => {
  test('the refused program is named though others have a log as well', () => {
    const reload = () => load(objectPath('refused'), { logLevel: 2 });
    expect(reload).toThrow(expect.objectContaining({ name: 'VerifierError', program: 'refused' }));
  });

  test.each([undefined, 64])(
    'the verifier says why, in one line and at length (log of %s bytes)',
    (logSize) => {
      const reload = () => load(objectPath('refused'), logSize === undefined ? {} : { logSize });
      expect(reload).toThrow(
        expect.objectContaining({
          name: 'VerifierError',
          code: 'EACCES',
          stage: 'program',
          program: 'refused',
          causeLine: expect.stringMatching(/^R1 offset is outside of the packet, at: return \*\(__u8 \*\)/),
          log: expect.stringContaining('invalid access to packet'),
        }),
      );
    },
  );

  test('what the verifier refuses can be left out', () => {
    using object = load(objectPath('refused'), { programs: { refused: { autoload: false } }, logLevel: 1 });
    expect(object.log('good')).toContain('processed');
    expect(object.log('refused')).toBe('');
  });

  test('a map that cannot be made is named', () => {
    const reload = () => load(rich, { maps: { flows: { maxEntries: 0 } } });
    expect(reload).toThrow(
      expect.objectContaining({
        code: 'EINVAL',
        stage: 'map',
        item: 'flows',
        message: expect.stringContaining('hash, key 12 B, value 16 B, 0 entries'),
      }),
    );
  });

  test('a program that a program array needs cannot be left out', () => {
    const reload = () => load(rich, { programs: { rich_tail: { autoload: false } } });
    expect(reload).toThrow(
      /map calls: EBADF \(its slot 1 is for program rich_tail, which is not loaded\).*setProgram/s,
    );
  });

  test('something that the kernel does not have', () => {
    const reload = () => load(objectPath('unresolved'));
    expect(reload).toThrow(expect.objectContaining({ name: 'LoadError', stage: 'relocation' }));
  });

  test.each([
    [new Uint8Array(0), 'LBX_NOT_ELF'],
    [new TextEncoder().encode('#!/bin/sh\n'), 'LBX_NOT_ELF'],
    ['/nonexistent/x.bpf.o', 'LBX_OBJECT_UNREADABLE'],
  ])('no object: %s', (elf, code) => {
    expect(() => load(elf)).toThrow(expect.objectContaining({ code }));
  });
});
