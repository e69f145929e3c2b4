import type { FoundService } from '../explain/service-key.ts';
import { IpProto, ServiceFlag2 } from '../layouts/names.ts';
import type { Run } from './run.ts';

/** Do requests to a service go to remote backends by direct server return? */
export function isByDsr({ packet, settings }: Run, { value }: FoundService): boolean {
  if (value.flags2 & ServiceFlag2.dsr || settings.forwarding === 'dsr') return true;
  return settings.forwarding === 'hybrid' && packet.proto === IpProto.TCP;
}

/** The service's end, as a packet by DSR tells it: bytes of the IPv4 option, and of the IPv6 destination options header. */
export const DSR_OPTION_LENGTH = { 4: 8, 6: 24 } as const;
export const DSR_OPTION_4 = 0x9a;
export const DSR_OPTION_6 = 0x1b;
export const DSR_OPTION_6_LENGTH = 0x14;
/** Next header number of destination options. */
export const DESTINATION_OPTIONS = 60;
/** Protocol of IPv4 in IPv4 and of IPv6 in IPv6. */
export const TUNNEL = { 4: 4, 6: 41 } as const;
