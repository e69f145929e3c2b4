import type { MapKey, MapValue } from '../catalog.ts';
import { ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Entry } from '../project/entry.ts';
import type { Projection } from '../project/projection.ts';
import { isMaster, isService, isWildcard, type MasterValue, serviceName } from '../project/service-entry.ts';
import { type Change, changeBetween, changeFrom, type Write } from './change.ts';
import { keptEntries } from './kept-entries.ts';
import type { Op } from './op.ts';
import type { Snapshot } from './snapshot.ts';

export interface PlanOptions {
  /** Delete what the projection does not know (true when absent). False: only what belongs to its frontends. */
  readonly prune?: boolean;
}

/**
 * The writes that turn `actual` into `desired`, in an order that is safe to stop at: after each single one every lookup
 * gives a backend that was valid before or is valid afterwards (or none where there was none, or will be none), and no
 * slot within a count and no Maglev table names a missing backend.
 *
 * The order: backends; reverse NAT, affinity matches, source ranges, Maglev tables; the slots that will be active;
 * masters (slot 0), internal scope first; the other slots; wildcards. Then deletes: wildcards, masters, slots, Maglev
 * tables, source ranges, affinity matches, reverse NAT, backends. A count shrinks before the slots beyond it change.
 *
 * Only what differs is written. A changed endpoint costs its backend, its slot, and its affinity matches and Maglev
 * tables; but as slots are sorted by address, all slots between the places of a removed and an added endpoint shift by
 * one and are written too, and a change of flags rewrites all slots of the frontend.
 *
 * Pure. What the maps hold of a frontend that `desired` refuses is left as it is. `actual` is a snapshot of the maps, or
 * the projection that they are known to equal. Throws IdConflictError when ids of the maps mean something else.
 */
export function plan(
  actual: Snapshot | Projection,
  desired: Projection,
  { prune = true }: PlanOptions = {},
): Op[] {
  const change = 'frontends' in actual ? changeBetween(actual, desired) : changeFrom(actual, desired);
  const names = namesById(change, desired);
  const stages: Op[][] = [];
  const add = (stage: number, op: Op) => {
    stages[stage] ??= [];
    stages[stage].push(op);
  };
  const turning = new Set<string>();
  for (const write of change.writes) {
    if (turnsRanges(write)) {
      turning.add(write.entry.frontend!);
      add(0, setOf(closed(write)));
    }
    add(2 * writeStage(write.entry, desired) + familyBit(write.entry), setOf(write.entry));
  }
  const isKept = keptEntries(desired, change.deletes);
  for (const entry of change.deletes) {
    const frontend = isService(entry) && !isWildcard(entry) ? serviceName(entry) : names.get(idOf(entry));
    const known = frontend !== undefined && desired.frontends.has(frontend);
    if (isKept(entry) || !(prune || known)) continue;
    const op = {
      op: 'delete',
      map: entry.map,
      key: entry.key,
      ...(frontend === undefined ? {} : { frontend }),
    } as Op;
    const early = frontend !== undefined && turning.has(frontend) && kindOf(entry) === 'source_range';
    add(2 * (early ? writeStages.source_range : deleteStage(entry)) + familyBit(entry), op);
  }
  return stages.flat();
}

/** Spelled out: a spread costs several times as much, and a first plan has an operation for every entry. */
function setOf({ map, key, value, frontend }: Entry): Op {
  return (
    frontend === undefined ? { op: 'set', map, key, value } : { op: 'set', map, key, value, frontend }
  ) as Op;
}

/** Keeps the writes of one map together, so that they go in one batch. */
function familyBit({ map }: Entry): 0 | 1 {
  return map.charCodeAt(2) === 54 ? 1 : 0; // lb6_…
}

const writeStages = {
  backends_v3: 1,
  reverse_nat: 2,
  affinity_match: 3,
  source_range: 4,
  maglev: 5,
} as const;
const deleteStages = {
  maglev: 15,
  source_range: 16,
  affinity_match: 17,
  reverse_nat: 18,
  backends_v3: 19,
} as const;

type Kind = keyof typeof writeStages;
/** `backends_v3` of `lb4_backends_v3`. */
function kindOf({ map }: Entry): Kind {
  return map.slice(map.indexOf('_') + 1) as Kind;
}

function writeStage(entry: Entry, desired: Projection): number {
  if (!isService(entry)) return writeStages[kindOf(entry)];
  const { backendSlot, scope } = entry.key as MapKey<'lb4_services_v2'>;
  if (isWildcard(entry)) return 10;
  if (backendSlot === 0) return scope === 1 ? 7 : 8; // who finds the flag for two scopes finds the second scope
  const { count } = desired.frontends.get(entry.frontend!)!.master.value as MasterValue;
  return backendSlot <= count ? 6 : 9;
}

function deleteStage(entry: Entry): number {
  if (!isService(entry)) return deleteStages[kindOf(entry)];
  const { backendSlot, scope } = entry.key as MapKey<'lb4_services_v2'>;
  if (isWildcard(entry)) return 11; // before the masters: their ports must not be caught
  if (backendSlot === 0) return scope === 1 ? 13 : 12;
  return 14;
}

/**
 * Do the source ranges of a frontend turn from allowed to denied, or back? Then no order of single writes is right for
 * all clients: the frontend is closed (count 0), its ranges are exchanged, and it opens again.
 */
function turnsRanges({ entry, before }: Write): boolean {
  if (before === undefined || !isMaster(entry) || isWildcard(entry)) return false;
  const [old, next] = [before.value as MasterValue, entry.value as MasterValue];
  const checked = (next.flags & old.flags & ServiceFlag.sourceRange) !== 0;
  return checked && ((next.flags2 ^ old.flags2) & ServiceFlag2.deny) !== 0;
}

function closed({ entry, before }: Write): Entry {
  return { ...entry, value: { ...(before!.value as MasterValue), count: 0, qcount: 0 } } as Entry;
}

/** The frontend id in the key of an entry, or 0. */
function idOf({ key }: Entry): number {
  return 'revNatId' in key ? key.revNatId : 0;
}

/** Names of frontends by id, as far as deletes need them. */
function namesById({ deletes }: Change, { frontends }: Projection): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  if (!deletes.some((entry) => idOf(entry) !== 0)) return names;
  for (const entry of deletes) {
    if (isMaster(entry) && !isWildcard(entry))
      names.set((entry.value as MapValue<'lb4_services_v2'>).revNatIndex, serviceName(entry));
  }
  for (const { name, revNatId } of frontends.values()) names.set(revNatId, name);
  return names;
}
