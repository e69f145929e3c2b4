import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { BpfMap } from './map.ts';
import { BPF_F_MMAPABLE } from './map-memory.ts';

const spec = {
  name: 'words',
  type: 'array',
  keySize: 4,
  valueSize: 8,
  maxEntries: 1024,
  flags: BPF_F_MMAPABLE,
} as const;

describeKernel('mmap of an array', () => {
  test('what is written on one side is there on the other', () => {
    using map = BpfMap.create(spec);
    const memory = map.mmap();
    expect(memory.byteLength).toBeGreaterThanOrEqual(8 * 1024);
    memory[8 * 3] = 77;
    expect(map.get(Uint8Array.of(3, 0, 0, 0))).toEqual(Uint8Array.of(77, 0, 0, 0, 0, 0, 0, 0));
    map.set(Uint8Array.of(4, 0, 0, 0), new Uint8Array(8).fill(1));
    expect(memory.subarray(8 * 4, 8 * 5)).toEqual(new Uint8Array(8).fill(1));
    expect(map.mmap().buffer).toBe(memory.buffer);
  });

  test('after close the memory is empty, not gone wrong', () => {
    const map = BpfMap.create(spec);
    const memory = map.mmap();
    map.close();
    expect(memory.byteLength).toBe(0);
    memory[0] = 1;
    expect(memory[0]).toBeUndefined();
    expect(() => map.mmap()).toThrow(expect.objectContaining({ code: 'LBX_CLOSED' }));
  });

  test('maps that cannot be mapped say how they must be made', () => {
    using plain = BpfMap.create({ ...spec, flags: 0 });
    expect(() => plain.mmap()).toThrow(/LBX|BPF_F_MMAPABLE/);
    using frozen = BpfMap.create(spec);
    frozen.freeze();
    expect(() => frozen.mmap()).toThrow(expect.objectContaining({ code: 'EPERM' }));
  });
});
