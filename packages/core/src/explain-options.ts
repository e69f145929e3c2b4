import type { ExplainOptions } from '@lbx/maps';
import { localAddresses } from './node-addresses.ts';
import type { ResolvedOptions } from './options.ts';

/** How `explain` must read the maps to say what these programs do. */
export function explainOptions({
  algorithm,
  maglevSize,
  maglevSeed,
  nodePortRange,
}: ResolvedOptions): ExplainOptions {
  return {
    algorithm,
    maglevSize,
    nodePortRange,
    localAddresses: localAddresses().map(({ address }) => address),
    ...(maglevSeed === undefined ? {} : { maglevSeed }),
  };
}
