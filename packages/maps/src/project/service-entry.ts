import type { Lb4Frontend, Lb4Key, Lb4ProxyFrontend } from '../layouts/service.ts';
import { endpointName } from '../model/endpoint-name.ts';
import { protocolName } from '../model/protocol.ts';
import type { Entry } from './entry.ts';

/** Value of slot 0. */
export type MasterValue = Lb4Frontend | Lb4ProxyFrontend;

/** Is it an entry of a services map? */
export function isService({ map }: Pick<Entry, 'map'>): boolean {
  return map === 'lb4_services_v2' || map === 'lb6_services_v2';
}

/** Is it slot 0 of a service (or a wildcard)? */
export function isMaster(entry: Pick<Entry, 'map' | 'key'>): boolean {
  return isService(entry) && (entry.key as Lb4Key).backendSlot === 0;
}

/** Is it the entry for all other ports of an address? */
export function isWildcard(entry: Pick<Entry, 'map' | 'key'>): boolean {
  const { dport, proto } = entry.key as Lb4Key;
  return isMaster(entry) && dport === 0 && proto === 0;
}

/** Name of the frontend that an entry of a services map belongs to. */
export function serviceName({ key }: Pick<Entry, 'key'>): string {
  const { address, dport, proto, scope } = key as Lb4Key;
  return endpointName(address, dport, protocolName(proto), scope === 1 ? 'internal' : 'external');
}
