import { DEFAULT_SEED, maglevHash4, maglevHash6, parseSeed } from '@lbx/maglev';
import { randomSlot4, randomSlot6 } from '../flow/random-slot.ts';
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
 * Undefined where dice are thrown: by sockets, and by Cilium.
 */
export function randomSlot(
  { family, client, address, port, proto }: Destination,
  { value }: FoundService,
  { from, hook }: Flow,
  { datapath, maglevSeed }: ExplainOptions,
): number | undefined {
  if (hook === 'connect') return undefined;
  if (value.count === 1) return 1;
  if (datapath === 'cilium') return undefined;
  const seed = maglevSeed === undefined ? DEFAULT_SEED : parseSeed(maglevSeed);
  const tuple = { saddr: client, sport: from.port, daddr: address, dport: port, proto };
  return family === 4
    ? randomSlot4(tuple, value.count, seed.jhash4)
    : randomSlot6(tuple, value.count, seed.jhash6);
}

/** All backends that a random choice is made from, with equal shares; slots that lead nowhere are left out. */
export function candidatesOf(trace: Trace, { family, key, value }: FoundService): ExplainedBackend[] {
  const found: ExplainedBackend[] = [];
  for (let slot = 1; slot <= value.count; slot++) {
    const id = backendIdOfSlot(trace, family, key, slot);
    const backend = id === undefined ? undefined : readBackend(trace, family, id)?.backend;
    if (backend !== undefined) found.push({ ...backend, share: 1 / value.count });
  }
  return found;
}

/** The backend id in a slot; undefined where the slot is missing. */
export function backendIdOfSlot(
  trace: Trace,
  family: FoundService['family'],
  key: FoundService['key'],
  backendSlot: number,
): number | undefined {
  const value = trace.lookup(mapsOf[family].services, { ...key, backendSlot }, `slot ${backendSlot}`);
  return (value as Lb4Slot | undefined)?.backendId;
}
