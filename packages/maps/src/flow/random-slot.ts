import { DEFAULT_SEED, jhash3Words } from '@lbx/maglev';
import { rawAddress, rawPort } from './gate.ts';

/** A packet from a client to a frontend. Ports in host order. */
export interface Tuple4 {
  readonly saddr: string;
  readonly sport: number;
  readonly daddr: string;
  readonly dport: number;
  /** IPPROTO_*. */
  readonly proto: number;
}

/**
 * The slot, 1..count, that lbx's datapath takes for a new flow to a service of algorithm "random" (and for Maglev
 * services without a table). Not a dice: a hash of the whole tuple, so that the same packet always gets the same backend
 * while the slots stay. Equal to `select_random4()` in bpf/include/lbx/select.h on a little-endian machine.
 *
 * @param seed The setting `lbx_maglev_seed4`.
 */
export function randomSlot4(tuple: Tuple4, count: number, seed: number = DEFAULT_SEED.jhash4): number {
  const ports = (rawPort(tuple.dport) << 16) | rawPort(tuple.sport);
  const hash = jhash3Words(
    rawAddress(tuple.saddr),
    ports,
    rawAddress(tuple.daddr),
    (seed ^ tuple.proto) >>> 0,
  );
  return 1 + Math.floor((hash * count) / 0x1_0000_0000);
}
