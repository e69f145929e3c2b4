import { DEFAULT_SEED, jhash3Words, maglevHash4, maglevHash6, parseSeed } from '@lbx/maglev';
import { parseIpv4Number } from '../codec/ipv4-text.ts';
import { Algorithm, ServiceFlag } from '../layouts/names.ts';
import type { Lb4Slot } from '../layouts/service.ts';
import { mapsOf } from '../project/entry.ts';
import type { ExplainedBackend, ExplainOptions, Flow } from './explanation.ts';
import type { Destination } from './find-from-outside.ts';
import { readBackend } from './read-backend.ts';
import type { FoundService } from './service-key.ts';
import type { Trace } from './trace.ts';

const CUSTOM = 0x80;

/** The algorithm of a service: its own, or that of the node. */
export function algorithmOf({ value }: FoundService, options: ExplainOptions): 'random' | 'maglev' {
  const own = 'affinityTimeout' in value ? value.affinityTimeout.algorithm & ~CUSTOM : Algorithm.default;
  if (own === Algorithm.default) return options.algorithm ?? 'random';
  return own === Algorithm.maglev ? 'maglev' : 'random';
}

/**
 * The backend id that the Maglev table of a service has for a packet, 0 where there is no table. With session affinity
 * the client's port does not count.
 */
export function maglevChoice(
  trace: Trace,
  service: FoundService,
  { family, client, proto }: Destination,
  { from, to }: Flow,
  options: ExplainOptions,
): number {
  const { flags, revNatIndex } = service.value;
  const table = trace.lookup(mapsOf[family].maglev, { revNatId: revNatIndex }, 'the Maglev table');
  if (table === undefined) return 0;
  const seed = options.maglevSeed === undefined ? DEFAULT_SEED : parseSeed(options.maglevSeed);
  const port = flags & ServiceFlag.affinity ? 0 : from.port;
  const hash = (family === 4 ? maglevHash4 : maglevHash6)(client, port, to.port, proto, seed);
  const index = hash % (options.maglevSize ?? table.length);
  const id = table[index] ?? 0;
  trace.note(
    `hash ${hash} of client ${client}${port === 0 ? '' : `:${port}`}: entry ${index} of the table is backend ${id}`,
  );
  return id;
}

/**
 * The slot that lbx's XDP program takes where the choice is random: a hash of the whole tuple, scaled to the count.
 * Undefined where dice are thrown: by sockets, by Cilium, and (as long as lbx's XDP program knows only IPv4) for IPv6.
 */
export function randomSlot(
  { family, client, address, port, proto }: Destination,
  { value }: FoundService,
  { from, hook }: Flow,
  { datapath, maglevSeed }: ExplainOptions,
): number | undefined {
  if (hook === 'connect') return undefined;
  if (value.count === 1) return 1;
  if (family === 6 || datapath === 'cilium') return undefined;
  const seed = maglevSeed === undefined ? DEFAULT_SEED : parseSeed(maglevSeed);
  const ports = (swap16(port) << 16) | swap16(from.port);
  const hash = jhash3Words(rawAddress(client), ports, rawAddress(address), (seed.jhash4 ^ proto) >>> 0);
  return 1 + Math.floor((hash * value.count) / 2 ** 32);
}

/** All backends that a random choice is made from, with equal shares; slots that lead nowhere are left out. */
export function candidatesOf(trace: Trace, { family, key, value }: FoundService): ExplainedBackend[] {
  const found: ExplainedBackend[] = [];
  for (let slot = 1; slot <= value.count; slot++) {
    const id = backendIdOfSlot(trace, family, key, slot);
    const backend = id === 0 ? undefined : readBackend(trace, family, id)?.backend;
    if (backend !== undefined) found.push({ ...backend, share: 1 / value.count });
  }
  return found;
}

/** The backend id in a slot, 0 where the slot is missing. */
export function backendIdOfSlot(
  trace: Trace,
  family: FoundService['family'],
  key: FoundService['key'],
  backendSlot: number,
): number {
  const value = trace.lookup(mapsOf[family].services, { ...key, backendSlot }, `slot ${backendSlot}`);
  return (value as Lb4Slot | undefined)?.backendId ?? 0;
}

/** The address as a little-endian machine loads it from the packet. */
function rawAddress(address: string): number {
  const n = parseIpv4Number(address);
  return ((n & 0xff) << 24) | ((n & 0xff00) << 8) | ((n >>> 8) & 0xff00) | (n >>> 24);
}

function swap16(port: number): number {
  return ((port & 0xff) << 8) | (port >> 8);
}
