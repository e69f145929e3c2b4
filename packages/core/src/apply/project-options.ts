import type { ProjectOptions, ServiceMapName, SizeKnobs, Tables } from '@lbx/maps';
import { sizeOption } from '../load/map-sizes.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';

/** The options that decide about entries; sizes are those that the maps really have. */
export function projectOptions(options: ResolvedOptions, tables: Tables): ProjectOptions {
  const { nodeAddresses, algorithm, maglevSize, maglevSeed, wildcards, externalClusterIP, nodePortRange } =
    options;
  return {
    nodeAddresses,
    algorithm,
    maglevSize,
    wildcards,
    externalClusterIP,
    nodePortRange,
    forwarding: options.forwarding,
    ipv4: options.serviceFamilies.includes(4),
    ipv6: options.serviceFamilies.includes(6),
    maxEntries: sizesOf(tables),
    knobs: sizeKnobs(tables, options),
    ...(maglevSeed === undefined ? {} : { maglevSeed }),
  };
}

/** The options that the sizes follow from, for errors. */
export function sizeKnobs(tables: Tables, options: Pick<ResolvedOptions, 'maxEntries'>): SizeKnobs {
  return Object.fromEntries(Object.keys(tables).map((name) => [name, sizeOption(name, options)]));
}

export function sizesOf(tables: Tables): Record<ServiceMapName, number> {
  const sizes = Object.entries(tables).map(([name, { maxEntries }]) => [name, maxEntries]);
  return Object.fromEntries(sizes) as Record<ServiceMapName, number>;
}
