import type { ProjectOptions } from '@lbx/maps';
import type { ResolvedOptions } from '../options.ts';

/** The options that decide about entries. */
export function projectOptions(options: ResolvedOptions): ProjectOptions {
  const { nodeAddresses, algorithm, maglevSize, maglevSeed, wildcards, externalClusterIP, nodePortRange } =
    options;
  return {
    nodeAddresses,
    algorithm,
    maglevSize,
    wildcards,
    externalClusterIP,
    nodePortRange,
    ...(maglevSeed === undefined ? {} : { maglevSeed }),
  };
}
