import { DEFAULT_SEED, jhash3Words } from '@lbx/maglev';
import { gateHash6, rawAddress, rawPort } from './gate.ts';

/** A packet from a client to a frontend; addresses of one family. Ports in host order. */
export interface Tuple {
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
 * while the slots stay. Equal to `select_random()` in bpf/include/lbx/select.h on a little-endian machine.
 *
 * @param seed The setting `lbx_maglev_seed4`.
 */
export function randomSlot4(tuple: Tuple, count: number, seed: number = DEFAULT_SEED.jhash4): number {
  return slotOf(tuple, count, seed, rawAddress);
}

/**
 * The same for IPv6, where an address counts by its hash.
 *
 * @param seed The setting `lbx_maglev_seed6`.
 */
export function randomSlot6(tuple: Tuple, count: number, seed: number = DEFAULT_SEED.jhash6): number {
  return slotOf(tuple, count, seed, (address) => gateHash6(address, 0, 0));
}

function slotOf(
  { saddr, sport, daddr, dport, proto }: Tuple,
  count: number,
  seed: number,
  wordOf: (address: string) => number,
): number {
  const ports = (rawPort(dport) << 16) | rawPort(sport);
  const hash = jhash3Words(wordOf(saddr), ports, wordOf(daddr), (seed ^ proto) >>> 0);
  return 1 + Math.floor((hash * count) / 0x1_0000_0000);
}
