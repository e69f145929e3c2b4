import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { BpfMap } from './map.ts';
import { type MapCodec, TypedMap } from './typed-map.ts';

const codec: MapCodec<number, { port: number; id: number }> = {
  keySize: 4,
  valueSize: 8,
  encodeKey: (key, to, at) => to.setUint32(at, key, true),
  encodeValue: ({ port, id }, to, at) => {
    to.setUint16(at, port, false);
    to.setUint32(at + 4, id, true);
  },
  decodeKey: (from, at) => from.getUint32(at, true),
  decodeValue: (from, at) => ({ port: from.getUint16(at, false), id: from.getUint32(at + 4, true) }),
};

describeKernel('TypedMap', () => {
  test('keys and values of own types, one by one and in batches', () => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 8, maxEntries: 8 });
    const typed = new TypedMap(map, codec);
    typed.set(1, { port: 80, id: 7 });
    expect(typed.get(1)).toEqual({ port: 80, id: 7 });
    expect(map.get(Uint8Array.of(1, 0, 0, 0))).toEqual(Uint8Array.of(0, 80, 0, 0, 7, 0, 0, 0));
    expect(
      typed.setBatch([
        [2, { port: 443, id: 8 }],
        [3, { port: 53, id: 9 }],
      ]),
    ).toBe(2);
    expect(new Map(typed.entries())).toEqual(
      new Map([
        [1, { port: 80, id: 7 }],
        [2, { port: 443, id: 8 }],
        [3, { port: 53, id: 9 }],
      ]),
    );
    expect(typed.deleteBatch([1, 2, 99])).toBe(2);
    expect(typed.delete(3)).toBe(true);
    expect(typed.get(3)).toBeUndefined();
  });

  test('a codec of another size is refused', () => {
    using map = BpfMap.create({ type: 'hash', keySize: 4, valueSize: 16, maxEntries: 8 });
    expect(() => new TypedMap(map, codec)).toThrow(expect.objectContaining({ code: 'LBX_MAP_MISMATCH' }));
  });
});
