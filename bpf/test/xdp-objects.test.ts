import { readObject } from '@lbx/bpf';
import { catalog, checkLayouts, flowCatalog, REASON_COUNT, reasons } from '@lbx/maps';
import { parseObject } from 'libbpf-ts';
import { describe, expect, it } from 'vitest';

describe.each(['xdp4', 'xdp6', 'tc4', 'tc6', 'pod4', 'pod6'])('the prebuilt object %s', (name) => {
  const spec = parseObject(readObject(name));

  it('has the layouts that @lbx/maps declares', () => {
    expect(() => checkLayouts({ ...catalog, ...flowCatalog }, spec, name)).not.toThrow();
  });

  it('has maps of the types and default sizes of the catalog', () => {
    const ours = Object.values(flowCatalog).filter((layout) => spec.maps.has(layout.name));
    expect(ours.length).toBeGreaterThan(2);
    for (const { name: map, type, maxEntries } of ours) {
      expect(spec.maps.get(map)).toMatchObject({ type, maxEntries });
    }
  });

  it('counts by the reasons of @lbx/maps, no more and no fewer', () => {
    const inC = spec.btf.enum('lbx_reason').values.map((value) => [value.name, Number(value.value)]);
    const inTypeScript = reasons.map((reason) => [`LBX_${reason.name.toUpperCase()}`, reason.id]);
    expect(inC).toEqual([...inTypeScript, ['LBX_REASONS', REASON_COUNT]]);
  });
});
