import { readObject } from '@lbx/bpf';
import { type ObjectSpec, parseObject } from 'libbpf-ts/elf';
import { expect, it } from 'vitest';
import { checkObjectLayouts } from './check-layouts.ts';

it.each(['xdp4', 'tc4', 'sock'] as const)('%s has the layouts of this package', (name) => {
  checkObjectLayouts(name, parseObject(readObject(name)));
});

it('names object, map and difference of one that has not', () => {
  const spec = parseObject(readObject('xdp4'));
  const services = spec.maps.get('lb4_services_v2');
  const other = new Map(spec.maps).set('lb4_services_v2', { ...services, valueSize: 16 } as never);
  expect(() => checkObjectLayouts('xdp4', { ...spec, maps: other } as ObjectSpec)).toThrow(
    expect.objectContaining({
      code: 'LBX_LAYOUT_MISMATCH',
      message: expect.stringMatching(/prebuilt object xdp.*lb4_services_v2.*16/s),
    }),
  );
});
