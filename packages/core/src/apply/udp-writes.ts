import { IpProto, type Op } from '@lbx/maps';

/**
 * Is one of these writes about a service of UDP? Then sockets may be connected to a backend that it has no longer: which
 * ones, only the maps tell.
 */
export function writesUdp(ops: Iterable<Op>): boolean {
  // Keys with a protocol are those of services.
  for (const { key } of ops) if ('proto' in key && key.proto === IpProto.UDP) return true;
  return false;
}
