import { ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Family } from '../model/address.ts';
import type { Ending } from './explanation.ts';
import { type FoundService, lookupService } from './service-key.ts';
import { isSourceAllowed } from './source-ranges.ts';
import type { Trace } from './trace.ts';

/** Where a packet from outside wants to go. */
export interface Destination {
  readonly family: Family;
  readonly client: string;
  readonly address: string;
  readonly port: number;
  readonly proto: number;
}

/**
 * The service that a packet from outside is for, or what becomes of it otherwise. Asks in external scope only; an
 * address with a service on another port is caught by its wildcard entry. The order of the tests is the datapath's.
 */
export function findFromOutside(trace: Trace, to: Destination): FoundService | Ending {
  const { family, address, client } = to;
  const place = { address, dport: to.port, proto: to.proto, scope: 0 };
  const service = lookupService(trace, family, place, 'the service');
  if (service === undefined) {
    const wildcard = lookupService(
      trace,
      family,
      { ...place, dport: 0, proto: 0 },
      'any service of the address',
    );
    if (wildcard === undefined) {
      return {
        verdict: 'pass',
        code: 'no-service',
        reason: 'it is no service, so the kernel gets the packet',
      };
    }
    return noSuchPort;
  }
  const { flags, flags2 } = service.value;
  if (!(flags & ServiceFlag.routable)) {
    return {
      verdict: 'drop',
      code: 'not-routable',
      reason: 'the service is for clients inside the cluster only',
    };
  }
  if (flags & ServiceFlag.hostPort && flags2 & ServiceFlag2.loopback) {
    return {
      verdict: 'pass',
      code: 'loopback-only',
      reason: 'the host port is served on loopback addresses only',
    };
  }
  if (flags2 & (ServiceFlag2.l7 | ServiceFlag2.loopback)) {
    return { verdict: 'pass', code: 'l7-proxy', reason: 'a layer 7 proxy on this node serves it' };
  }
  if (flags2 & ServiceFlag2.nat46x64) {
    return {
      verdict: 'drop',
      code: 'nat46x64',
      reason: 'translation between IPv4 and IPv6 is not supported',
    };
  }
  if (flags & ServiceFlag.sourceRange && !isSourceAllowed(trace, service, client)) {
    return { verdict: 'drop', code: 'source-range', reason: `the source ranges keep ${client} out` };
  }
  return service;
}

/** What a wildcard entry says. */
export const noSuchPort: Ending = {
  verdict: 'drop',
  code: 'wildcard',
  reason: 'the address is a service address, but not this port',
};
