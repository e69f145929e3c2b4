import { familyOf, readAddress } from '../model/address.ts';
import type { Backend, BackendState } from '../model/backend.ts';
import { endpointName, hostPort } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import { ServiceError } from '../model/service-error.ts';

/** A change to one backend of a service, or of a single frontend. */
export interface BackendChange {
  readonly change: 'add' | 'remove' | 'set';
  /** Name of a service, or of a frontend: `198.51.100.1:80/TCP`, `198.51.100.1:80`. */
  readonly of: string;
  readonly address: string;
  readonly port: number;
  readonly weight?: number;
  readonly state?: BackendState;
}

/**
 * Frontends as they would be after changes to their backends, one after the other. What is not touched keeps its objects,
 * and what shared a list of backends still does.
 * @throws ServiceError when nothing is called `of`, or it has no such backend.
 */
export function changeBackends(
  frontends: readonly Frontend[],
  changes: readonly BackendChange[],
): Frontend[] {
  return changes.reduce<Frontend[]>(changeOne, [...frontends]);
}

function changeOne(frontends: Frontend[], change: BackendChange): Frontend[] {
  const address = readAddress(change.address)?.text ?? change.address;
  const isMeant = (one: Frontend) => isCalled(one, change.of) && familyOf(one.address) === familyOf(address);
  const meant = frontends.filter(isMeant);
  if (meant.length === 0) throw unknownService(frontends, change);
  const has = (list: readonly Backend[]) =>
    list.some((one) => one.address === address && one.port === change.port);
  if (change.change !== 'add' && !meant.some(({ backends }) => has(backends))) {
    const known = [
      ...new Set(meant.flatMap(({ backends }) => backends.map((one) => hostPort(one.address, one.port)))),
    ];
    const problem = `is no backend of ${change.of}; it has ${known.join(', ') || 'none'}`;
    throw new ServiceError(
      'LBX_SERVICE_FIELD',
      change.of,
      'backends',
      hostPort(address, change.port),
      problem,
    );
  }
  const made = new Map<readonly Backend[], readonly Backend[]>();
  return frontends.map((one) => {
    if (!isMeant(one)) return one;
    let backends = made.get(one.backends);
    if (backends === undefined) {
      backends = changed(one, { ...change, address });
      made.set(one.backends, backends);
    }
    return { ...one, backends };
  });
}

function changed({ backends, protocol }: Frontend, change: BackendChange): Backend[] {
  const { address, port, weight, state } = change;
  const isIt = (one: Backend) => one.address === address && one.port === port;
  if (change.change === 'remove') return backends.filter((one) => !isIt(one));
  const more = { ...(weight === undefined ? {} : { weight }), ...(state === undefined ? {} : { state }) };
  if (change.change === 'set') return backends.map((one) => (isIt(one) ? { ...one, ...more } : one));
  return [...backends.filter((one) => !isIt(one)), { address, port, protocol, ...more }];
}

function isCalled({ service, address, port, protocol, scope }: Frontend, name: string): boolean {
  return (
    service === name ||
    endpointName(address, port, protocol, scope) === name ||
    hostPort(address, port) === name
  );
}

function unknownService(frontends: readonly Frontend[], { of }: BackendChange): ServiceError {
  const known = [...new Set(frontends.map(({ service }) => service))].sort();
  const shown =
    known.length > 8 ? `${known.slice(0, 8).join(', ')} and ${known.length - 8} more` : known.join(', ');
  const problem = `is no service or frontend of that address family; there are ${shown || 'none'}`;
  return new ServiceError('LBX_SERVICE_FIELD', '', 'service', of, problem);
}
