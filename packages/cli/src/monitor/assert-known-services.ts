import { nearestName, readAddress, readEndpoint } from '@lbx/maps';
import { CliError } from '../cli-error.ts';
import type { ServiceNames } from '../names/service-names.ts';

/**
 * Whoever waits for a service that nobody knows waits for ever.
 * @throws CliError `LBX_UNKNOWN_SERVICE`, or `LBX_NO_NAMES` where nobody knows any names.
 */
export function assertKnownServices(
  { service = [], agent }: { readonly service?: readonly string[]; readonly agent: string },
  names: ServiceNames,
): void {
  for (const wanted of service) {
    if (readAddress(wanted) !== undefined || readEndpoint(wanted) !== undefined) continue;
    const instead = 'or give its frontend, such as 198.51.100.1:80';
    if (names.from === undefined)
      throw new CliError(
        'LBX_NO_NAMES',
        `--service ${wanted}: maps have no names of services, and no agent answers at ${agent}; say --kubeconfig FILE or --manifests PATH, ${instead}`,
      );
    const all = names.all();
    if (all.includes(wanted)) continue;
    const near = nearestName(wanted, all);
    const hint = near === undefined ? '' : `; do you mean ${near}?`;
    throw new CliError(
      'LBX_UNKNOWN_SERVICE',
      `--service ${wanted}: ${names.from} knows ${all.length} services, and none of this name${hint || `; ${instead}`}`,
    );
  }
}
