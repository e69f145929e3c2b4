import type { ExplainOptions } from '@lbx/maps';
import type { LocalAddress } from './network/node-network.ts';
import type { ResolvedOptions } from './options/resolve-options.ts';

/** How `explain` must read the maps to say what these programs do. */
export function explainOptions(options: ResolvedOptions, addresses: readonly LocalAddress[]): ExplainOptions {
  const { algorithm, maglevSize, maglevSeed, nodePortRange } = options;
  return {
    algorithm,
    maglevSize,
    nodePortRange,
    localAddresses: addresses.map(({ address }) => address),
    externalIpsAnywhere: options.externalIPsAnywhere,
    ...(maglevSeed === undefined ? {} : { maglevSeed }),
  };
}
