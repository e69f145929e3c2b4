import { isIPv4, isIPv6 } from 'node:net';
import { MaglevError } from './errors.ts';
import { final, jhash3Words, mix } from './jhash.ts';
import type { Seed } from './seed.ts';

/**
 * The hash over an IPv4 packet that picks its slot, as the datapath of Cilium 1.18 and later computes it (and lbx's):
 * `jhash_3words(saddr, dport << 16 | sport, proto, seed)` with address and ports as a little-endian machine reads
 * them from the packet. The service address is not hashed.
 *
 * @param saddr The client's address.
 * @param sport The client's port; 0 for a service with session affinity (there the port must not matter).
 * @param dport The service's port.
 * @param proto 6 TCP, 17 UDP, 132 SCTP.
 * @returns An unsigned 32-bit number, for {@link selectBackend}.
 * @throws MaglevError `LBX_MAGLEV_ADDRESS`
 */
export function maglevHash4(saddr: string, sport: number, dport: number, proto: number, seed: Seed): number {
  if (!isIPv4(saddr)) throw new MaglevError('LBX_MAGLEV_ADDRESS', `${saddr} is no IPv4 address`);
  const [a, b, c, d] = saddr.split('.').map(Number) as [number, number, number, number];
  return jhash3Words(a | (b << 8) | (c << 16) | (d << 24), portsWord(sport, dport), proto, seed.jhash4);
}

/**
 * The hash over an IPv6 packet, see {@link maglevHash4}: two rounds of jhash's mix over the address words, ports and
 * protocol, then the seed and jhash's final. It starts from the words themselves, without JHASH_INITVAL.
 */
export function maglevHash6(saddr: string, sport: number, dport: number, proto: number, seed: Seed): number {
  const words = littleEndianWords(saddr);
  const state = words.slice(0, 3);
  mix(state);
  state[0]! += words[3]!;
  state[1]! += portsWord(sport, dport);
  state[2]! += proto;
  mix(state);
  state[0]! += seed.jhash6;
  return final(state);
}

/** The backend id in a table for the hash of a packet. */
export function selectBackend(table: Uint32Array, hash: number): number {
  return table[(hash >>> 0) % table.length]!;
}

/** Service port << 16 | client port, both as read from network order by a little-endian machine. */
function portsWord(sport: number, dport: number): number {
  return (swap16(dport) << 16) | swap16(sport);
}

function swap16(port: number): number {
  if ((port & 0xffff) !== port) throw new MaglevError('LBX_MAGLEV_ADDRESS', `port ${port}: not in 0..65535`);
  return ((port & 0xff) << 8) | (port >> 8);
}

function littleEndianWords(address: string): Int32Array {
  if (!isIPv6(address) || address.includes('%'))
    throw new MaglevError('LBX_MAGLEV_ADDRESS', `${address} is no IPv6 address`);
  // The URL parser writes every form canonically: no dotted quad, at most one "::".
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((g) => Number.parseInt(g, 16)));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const bytes = new DataView(new ArrayBuffer(16));
  for (const [i, group] of front.entries()) bytes.setUint16(2 * i, group);
  for (const [i, group] of back.entries()) bytes.setUint16(16 - 2 * (back.length - i), group);
  return Int32Array.from([0, 4, 8, 12], (at) => bytes.getInt32(at, true));
}
