import { objectPath } from '@lbx/bpf';
import { parseObject } from 'libbpf-ts/elf';
import { describe, expect, it } from 'vitest';
import { catalog } from '../catalog.ts';
import { pad } from '../codec/bytes.ts';
import { be16, be32, u8, u16, u32 } from '../codec/integers.ts';
import { padTo } from '../codec/pad-to.ts';
import { struct } from '../codec/struct.ts';
import { variants } from '../codec/variants.ts';
import { mapLayout } from '../layouts/map-layout.ts';
import { checkLayouts, diffLayouts } from './check-layouts.ts';
import { diffLayout } from './diff-layout.ts';
import type { ObjectStruct } from './object-layout.ts';

describe('diffLayout', () => {
  const compiled: ObjectStruct = {
    name: 's',
    size: 12,
    members: [
      { name: 'backend_id', offset: 0, size: 4, type: '__u32' },
      { name: 'l7_port', offset: 0, size: 4, type: '__u32' },
      { name: 'dport', offset: 4, size: 2, type: '__be16' },
      { name: 'proto', offset: 6, size: 1, type: '__u8' },
      { name: 'pad', offset: 7, size: 1, type: '__u8' },
      { name: 'word', offset: 8, size: 4, type: '__u32' },
    ],
  };
  const ends = { dport: be16, proto: u8, pad: pad(1), word: u32 };
  const backend = struct('s', { backendId: u32, ...ends });
  const proxy = struct('s', { l7Port: padTo(be16, 4).as('__u32'), ...ends });
  const both = variants(backend, proxy, { isFirst: () => true, holdsFirst: () => true });

  it('finds none where all readings together cover the struct', () => {
    expect(diffLayout(both, compiled)).toEqual([]);
  });
  it.each([
    ['byte order', { ...ends, dport: u16 }, ['s.dport: declared __u16 @4+2, the object has __be16 @4+2']],
    [
      'name',
      { ...ends, proto: u8.named('nexthdr') },
      [
        's.nexthdr: declared __u8 @6+1, not in the object',
        's.proto: __u8 @6+1 of the object is not declared',
      ],
    ],
    [
      'signedness',
      { ...ends, word: u32.as('__s32') },
      ['s.word: declared __s32 @8+4, the object has __u32 @8+4'],
    ],
    ['something in the padding', { dport: be16, proto: u8, pad: pad(5) }, []],
  ])('%s', (_what, fields, expected) => {
    const other = variants(
      struct('s', { backendId: u32, ...fields }),
      struct('s', { l7Port: be32.as('__u32'), ...fields }),
      {
        isFirst: () => true,
        holdsFirst: () => true,
      },
    );
    expect(diffLayout(other, compiled)).toEqual(expected);
  });
  it('offsets and sizes, all at once', () => {
    const other = struct('s', { backendId: u32, l7Port: u32, proto: u8, pad: pad(1), dport: be16 });
    expect(diffLayout(other, { ...compiled, size: 16 })).toEqual([
      's: 12 bytes, the object has 16',
      's.l7_port: declared __u32 @4+4, the object has __u32 @0+4',
      's.proto: declared __u8 @8+1, the object has __u8 @6+1',
      's.dport: declared __be16 @10+2, the object has __be16 @4+2',
      's.pad: __u8 @7+1 of the object is not declared',
      's.word: __u32 @8+4 of the object is not declared',
    ]);
  });
});

describe('the prebuilt objects', () => {
  const objects = (['sock', 'xdp4'] as const).map((name) => [name, parseObject(objectPath(name))] as const);
  it.each(objects)('%s has our layouts', (name, object) => {
    expect(diffLayouts(catalog, object)).toEqual([]);
    const known = [...object.maps.keys()].filter((map) => Object.hasOwn(catalog, map));
    expect(known).toEqual(expect.arrayContaining(['lb4_services_v2', 'lb4_backends_v3', 'lb4_affinity']));
    expect(() => checkLayouts(catalog, object, name)).not.toThrow();
  });

  it('one error names every difference', () => {
    const [, object] = objects[1]!;
    const Key = struct('lb4_key', {
      address: be32,
      dport: u16,
      backendSlot: u16,
      proto: u8,
      scope: u8,
      pad: pad(2),
    });
    const Other = struct('other', { a: u32 });
    const layouts = {
      lb4_services_v2: mapLayout('lru_hash', 'lb4_services_v2', Key, catalog.lb4_services_v2.value as never, {
        doc: '',
      }),
      lb4_backends_v3: mapLayout('hash', 'lb4_backends_v3', Other, Other, { doc: '', flags: 1 }),
      lb4_maglev: { ...catalog.lb4_maglev, inner: { ...catalog.lb4_maglev.inner!, flags: 1 } },
    };
    expect(() => checkLayouts(layouts, object, 'xdp.bpf.o')).toThrow(
      expect.objectContaining({
        code: 'LBX_LAYOUT_MISMATCH',
        message: expect.stringMatching(/^xdp.bpf.o has other map layouts/),
        differences: [
          'lb4_services_v2: type declared lru_hash, the object has hash',
          'lb4_services_v2: flags declared 0, the object has 129',
          'lb4_key.dport: declared __u16 @4+2, the object has __be16 @4+2',
          'lb4_backends_v3: value size declared 4, the object has 12',
          'lb4_backends_v3 key: declared other, the object has __u32',
          'lb4_backends_v3 value: declared other, the object has struct lb4_backend',
          'lb4_maglev: inner flags declared 1, the object has 0',
        ],
      }),
    );
  });
});
