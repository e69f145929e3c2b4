import { endpointText, type IpFamily } from '../objects/ip-address.ts';
import type { HealthCheck } from '../semantics/health-checks.ts';
import type { NodePortAddresses } from '../semantics/node-port-addresses.ts';
import { HealthPortError } from './health-error.ts';

/** Where the health checks of a Service are answered. `::` and `0.0.0.0` stand for all addresses of one family. */
export interface HealthPlace {
  readonly address: string;
  readonly port: number;
  readonly check: HealthCheck;
}

/** "[::]:31000": places are told apart by it. */
export type HealthPlaceName = string;

/**
 * One place for each check, family and serving address. Two Services on one port cannot both be answered: the first by
 * name is, the other is a problem.
 */
export function healthPlaces(
  checks: readonly HealthCheck[],
  addressesOf: (family: IpFamily) => NodePortAddresses,
): {
  readonly places: ReadonlyMap<HealthPlaceName, HealthPlace>;
  readonly problems: readonly HealthPortError[];
} {
  const places = new Map<HealthPlaceName, HealthPlace>();
  const problems: HealthPortError[] = [];
  for (const check of [...checks].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const { matchAll, addresses } = addressesOf(check.family);
    const all = check.family === 'IPv4' ? '0.0.0.0' : '::';
    for (const address of matchAll ? [all] : addresses) {
      const { port } = check;
      const name = endpointText(address, port);
      const other = places.get(name);
      if (other === undefined) places.set(name, { address, port, check });
      else {
        const reason = `Service ${nameOf(other.check)} has the same healthCheckNodePort; give one of them another`;
        problems.push(new HealthPortError({ address, port, purpose: purposeOf(check) }, reason));
      }
    }
  }
  return { places, problems };
}

export function purposeOf(check: HealthCheck): string {
  return `health checks of Service ${nameOf(check)}`;
}

function nameOf({ namespace, name }: HealthCheck): string {
  return `${namespace}/${name}`;
}
