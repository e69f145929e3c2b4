import { type AnyLayout, serviceCatalog } from '@lbx/maps';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import { howToOpen } from './how-to-open.ts';
import type { LoadSettings } from './load-objects.ts';
import type { PinnedMaps } from './pinned-maps.ts';

type MapSettings = Pick<LoadSettings, 'maxEntries' | 'sizeOption' | 'maglevSize' | 'snatMin'>;

/**
 * Makes the service maps that none of the loaded objects declares (a family or feature that their programs do not read):
 * the control plane writes all of them, so that programs which come later find them filled.
 */
export function addMissingServiceMaps(settings: MapSettings, maps: PinnedMaps): void {
  for (const layout of Object.values<AnyLayout>(serviceCatalog)) {
    if (maps.byName.has(layout.name)) continue;
    const spec = specOf(layout, settings);
    if (maps.open(spec, howToOpen(spec, settings)) === undefined) maps.add(layout.name, BpfMap.create(spec));
  }
}

function specOf(layout: AnyLayout, { maxEntries, maglevSize }: MapSettings): MapSpec {
  const { name, type, flags, inner } = layout;
  return {
    name,
    type,
    flags,
    keySize: layout.key.size,
    valueSize: layout.valueSize,
    maxEntries: maxEntries[name] ?? layout.maxEntries,
    ...(inner === undefined ? {} : { innerSpec: { ...inner, keySize: 4, valueSize: 4 * maglevSize } }),
  };
}
