import { describeKernel } from '@lbx/testing';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import { expect, it } from 'vitest';
import { innerFits } from './check-inner-map.ts';

const specOf = (positions: number): MapSpec => ({
  name: 'lb4_maglev',
  type: 'hash_of_maps',
  flags: 0,
  keySize: 2,
  valueSize: 4,
  maxEntries: 8,
  innerSpec: {
    name: 'lbx_table',
    type: 'array',
    flags: 0,
    keySize: 4,
    valueSize: 4 * positions,
    maxEntries: 1,
  },
});

describeKernel('Maglev tables of a map', () => {
  it.each(['empty', 'in use'])('are known by their size where it is %s', (state) => {
    const spec = specOf(251);
    using outer = BpfMap.create(spec);
    using inner = BpfMap.create(spec.innerSpec!);
    if (state === 'in use') outer.setInner(new Uint8Array([1, 0]), inner);
    const keys = () => [...(outer.readBatches() ?? [])].reduce((sum, { count }) => sum + count, 0);
    const before = keys();
    expect(innerFits(outer, spec)).toBe(true);
    for (const other of [1, 250, 252, 509]) expect(innerFits(outer, specOf(other))).toBe(false);
    expect(keys()).toBe(before);
  });
});
