import { ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Lb4Key } from '../layouts/service.ts';
import type { Family } from '../model/address.ts';
import { isUnspecified } from '../model/address.ts';
import type { Ending, ExplainOptions, Flow } from './explanation.ts';
import { type Destination, noSuchPort } from './find-from-outside.ts';
import { type FoundService, lookupService } from './service-key.ts';
import type { Trace } from './trace.ts';

/**
 * The service that a socket of this node means, or a pod's packet, or what becomes of it otherwise. First the address
 * itself; failing that, a NodePort or hostPort of the NodePort range on any address of the node (the entry of address 0).
 * Source ranges are for traffic from outside; wildcards for packets only.
 */
export function findFromInside(
  trace: Trace,
  to: Destination,
  flow: Flow,
  options: ExplainOptions,
): FoundService | Ending {
  const found = find(trace, to, flow, options);
  if (flow.hook !== 'pod' || 'value' in found || found.code !== 'no-service') return found;
  const { family, address } = to;
  const any = { address, dport: 0, proto: 0, scope: 0 };
  const wildcard = lookupService(trace, family, any, 'any service of the address');
  return wildcard === undefined ? found : noSuchPort;
}

function find(
  trace: Trace,
  { family, address, port, proto }: Destination,
  flow: Flow,
  options: ExplainOptions,
): FoundService | Ending {
  const place = { address, dport: port, proto, scope: 0 };
  const own = isOwnAddress(address, flow, options);
  const service = isUnspecified(address) ? undefined : lookupInside(trace, family, place, 'the service');
  if (service !== undefined) {
    if (!isTranslated(service)) return leftAlone(service);
    const { flags } = service.value;
    const ownOnly =
      flags & ServiceFlag.externalIP ? !options.externalIpsAnywhere : (flags & ServiceFlag.hostPort) !== 0;
    if (!ownOnly || own) return service;
    const reason = 'clients on the node use external IPs and host ports only on addresses of the node';
    return { verdict: 'pass', code: 'own-addresses-only', reason };
  }
  const [first, last] = options.nodePortRange ?? [30000, 32767];
  if (port < first || port > last) {
    return {
      verdict: 'pass',
      code: 'no-service',
      reason: `it is no service, and no port for NodePorts (${first}-${last})`,
    };
  }
  if (!own)
    return { verdict: 'pass', code: 'no-service', reason: 'it is no service, and no address of the node' };
  const any = { ...place, address: family === 4 ? '0.0.0.0' : '::' };
  const nodePort = lookupInside(trace, family, any, 'a NodePort on any address of the node');
  if (nodePort === undefined || !(nodePort.value.flags & (ServiceFlag.NodePort | ServiceFlag.hostPort))) {
    return { verdict: 'pass', code: 'no-service', reason: 'it is neither a service nor a NodePort' };
  }
  return isTranslated(nodePort) ? nodePort : leftAlone(nodePort);
}

/** External scope first; a service with two scopes is asked for again, and serves as it is while the other is not there. */
function lookupInside(
  trace: Trace,
  family: Family,
  place: Omit<Lb4Key, 'backendSlot'>,
  why: string,
): FoundService | undefined {
  const outside = lookupService(trace, family, place, why);
  if (outside === undefined || !(outside.value.flags2 & ServiceFlag2.twoScopes)) return outside;
  return lookupService(trace, family, { ...place, scope: 1 }, `${why} in internal scope`) ?? outside;
}

function isTranslated({ value }: FoundService): boolean {
  return !(value.flags2 & (ServiceFlag2.l7 | ServiceFlag2.nat46x64));
}

function leftAlone({ value }: FoundService): Ending {
  return value.flags2 & ServiceFlag2.l7
    ? { verdict: 'pass', code: 'l7-proxy', reason: 'a layer 7 proxy on this node serves it' }
    : {
        verdict: 'pass',
        code: 'nat46x64',
        reason: 'clients on the node are not translated between IPv4 and IPv6',
      };
}

/** Loopback and unspecified addresses are the node's where the socket is in its network namespace. */
function isOwnAddress(
  address: string,
  { hook, inHostNetns }: Flow,
  { localAddresses }: ExplainOptions,
): boolean {
  const loopback =
    hook !== 'pod' && (address.startsWith('127.') || address === '::1' || isUnspecified(address));
  return loopback ? inHostNetns !== false : (localAddresses ?? []).includes(address);
}
