import { IpProto } from '../layouts/names.ts';
import type { FlowTuple } from './flow-state.ts';
import type { PacketEnd } from './packet.ts';

/** The checksum of SCTP covers the ports: its flows must keep both. False: a flow of it would not. */
export function mayKeepPorts(
  { proto, service }: Pick<FlowTuple, 'proto' | 'service'>,
  backend: PacketEnd,
  keepsSource = true,
): boolean {
  return proto !== IpProto.SCTP || (keepsSource && backend.port === service.port);
}
