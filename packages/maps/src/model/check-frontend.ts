import { familyOf, isAddress, isUnspecified, readAddress } from './address.ts';
import { type Backend, backendStates } from './backend.ts';
import { type Frontend, frontendTypes } from './frontend.ts';
import { protocolNumbers } from './protocol.ts';
import { ServiceError, type ServiceErrorCode } from './service-error.ts';

/** The longest session affinity that fits the 24 bits of the service entry, in seconds. */
export const MAX_AFFINITY_SECONDS = 0xff_ffff;

const PREFIX = /^(.+)\/(\d{1,3})$/;

/** Is it "203.0.113.0/24" or "2001:db8::/32"? Host bits may be set. */
function isPrefix(text: string): boolean {
  const match = PREFIX.exec(text);
  const address = match === null ? undefined : readAddress(match[1]!);
  return address !== undefined && Number(match![2]) <= (address.family === 4 ? 32 : 128);
}

/**
 * What is wrong with a frontend, as a ServiceError that names service and field; undefined when it can be written.
 * Backends are checked by `checkBackends`, once per array.
 */
export function checkFrontend(frontend: Frontend): ServiceError | undefined {
  const { service, address, port, affinitySeconds, proxyPort } = frontend;
  const wrong = (code: ServiceErrorCode, field: string, value: unknown, problem: string) =>
    new ServiceError(code, service, field, value, problem);

  if (readAddress(address) === undefined)
    return wrong('LBX_SERVICE_ADDRESS', 'address', address, 'is no IP address');
  if (!isPort(port)) return wrong('LBX_SERVICE_PORT', 'port', port, 'is no port; use 1 to 65535');
  if (proxyPort !== undefined && !isPort(proxyPort)) {
    return wrong('LBX_SERVICE_PORT', 'proxyPort', proxyPort, 'is no port; use 1 to 65535');
  }
  if (!frontendTypes.includes(frontend.type)) {
    return wrong('LBX_SERVICE_FIELD', 'type', frontend.type, `is no type; use ${frontendTypes.join(', ')}`);
  }
  if (!Object.hasOwn(protocolNumbers, frontend.protocol)) {
    return wrong('LBX_SERVICE_FIELD', 'protocol', frontend.protocol, 'is no protocol; use TCP, UDP or SCTP');
  }
  const expandable = frontend.type === 'NodePort' || frontend.type === 'HostPort';
  if (isUnspecified(address) && !expandable) {
    return wrong(
      'LBX_SERVICE_ADDRESS',
      'address',
      address,
      `stands for all node addresses; a ${frontend.type} needs its own`,
    );
  }
  if (affinitySeconds !== undefined) {
    if (!Number.isInteger(affinitySeconds) || affinitySeconds < 0 || affinitySeconds > MAX_AFFINITY_SECONDS) {
      const problem = `is no session affinity time; use 0 to ${MAX_AFFINITY_SECONDS} seconds`;
      return wrong('LBX_SERVICE_AFFINITY', 'affinitySeconds', affinitySeconds, problem);
    }
    if (proxyPort !== undefined || frontend.besideProxy) {
      const problem =
        proxyPort === undefined
          ? 'cannot be combined with proxyRedirects, also where they are for other ports'
          : 'cannot be combined with a proxy port';
      return wrong('LBX_SERVICE_AFFINITY', 'affinitySeconds', affinitySeconds, problem);
    }
  }
  if (frontend.loopbackHostPort && frontend.proxyDelegation === 'delegate-if-local') {
    const problem = 'cannot be combined with loopbackHostPort (both use one flag)';
    return wrong('LBX_SERVICE_FIELD', 'proxyDelegation', frontend.proxyDelegation, problem);
  }
  const range = frontend.sourceRanges?.findIndex((text) => !isPrefix(text)) ?? -1;
  if (range >= 0) {
    const problem = 'is no prefix like "203.0.113.0/24" or "2001:db8::/32"';
    return wrong('LBX_SERVICE_FIELD', `sourceRanges[${range}]`, frontend.sourceRanges![range], problem);
  }
  if (frontend.backends.length > 65535) {
    return wrong(
      'LBX_SERVICE_FIELD',
      'backends.length',
      frontend.backends.length,
      'are too many; a frontend has at most 65535',
    );
  }
  return undefined;
}

/** What is wrong with the backends of a frontend: all must be of its IP version and protocol. Undefined when nothing is. */
export function checkBackends({ service, backends, address, protocol }: Frontend): ServiceError | undefined {
  const family = familyOf(address);
  for (let i = 0; i < backends.length; i++) {
    const backend = backends[i]!;
    const wrong = checkBackend(service, i, backend);
    if (wrong !== undefined) return wrong;
    if (familyOf(backend.address) !== family) {
      const problem = `is of the other IP version than the frontend's address ${address}`;
      return new ServiceError(
        'LBX_SERVICE_FAMILY',
        service,
        `backends[${i}].address`,
        backend.address,
        problem,
      );
    }
    if (backend.protocol !== protocol) {
      const problem = `differs from the frontend's protocol ${protocol}`;
      return new ServiceError(
        'LBX_SERVICE_FIELD',
        service,
        `backends[${i}].protocol`,
        backend.protocol,
        problem,
      );
    }
  }
  return undefined;
}

/** What is wrong with one backend; `index` is where it stands in the service. */
export function checkBackend(service: string, index: number, backend: Backend): ServiceError | undefined {
  const { address, port, weight, zone, state = 'active' } = backend;
  const wrong = (code: ServiceErrorCode, field: string, value: unknown, problem: string) =>
    new ServiceError(code, service, `backends[${index}].${field}`, value, problem);
  if (!isAddress(address) || isUnspecified(address)) {
    return wrong('LBX_SERVICE_ADDRESS', 'address', address, 'is no IP address of a backend');
  }
  if (!isPort(port)) return wrong('LBX_SERVICE_PORT', 'port', port, 'is no port; use 1 to 65535');
  if (!backendStates.includes(state)) {
    return wrong('LBX_SERVICE_FIELD', 'state', state, `is no state; use ${backendStates.join(', ')}`);
  }
  if (weight !== undefined && !(Number.isInteger(weight) && weight >= 0 && weight <= 65535)) {
    return wrong('LBX_SERVICE_FIELD', 'weight', weight, 'is no weight; use 0 to 65535');
  }
  if (zone !== undefined && !(Number.isInteger(zone) && zone >= 0 && zone <= 255)) {
    return wrong('LBX_SERVICE_FIELD', 'zone', zone, 'is no zone number; use 0 to 255');
  }
  return undefined;
}

/** Is it a whole number from 1 to 65535? */
function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535;
}
