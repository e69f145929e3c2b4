import type { ProjectOptions, ServiceMapName, Tables } from '@lbx/maps';
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
    ...(maglevSeed === undefined ? {} : { maglevSeed }),
  };
}

export function sizesOf(tables: Tables): Record<ServiceMapName, number> {
  const sizes = Object.entries(tables).map(([name, { maxEntries }]) => [name, maxEntries]);
  return Object.fromEntries(sizes) as Record<ServiceMapName, number>;
}
