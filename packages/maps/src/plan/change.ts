import type { MapValue } from '../catalog.ts';
import { MapsError } from '../errors.ts';
import { type Entry, entryId, sameEntry } from '../project/entry.ts';
import type { FrontendEntries } from '../project/frontend-entries.ts';
import { ownEntries, type Projection } from '../project/projection.ts';
import type { MasterValue } from '../project/service-entry.ts';
import { isMaster, isWildcard, serviceName } from '../project/service-entry.ts';
import type { Snapshot } from './snapshot.ts';

/** An entry to be written, and what is there now. */
export interface Write {
  readonly entry: Entry;
  readonly before: Entry | undefined;
}

/** The difference between what is and what should be, in no order. */
export interface Change {
  readonly writes: Write[];
  readonly deletes: Entry[];
}

/** The ids of the maps were handed out by someone else: writing would give one frontend the backends of another. */
export class IdConflictError extends MapsError {
  readonly id: number;
  constructor(what: string, id: number, actual: string, desired: string) {
    super(
      'LBX_ID_CONFLICT',
      `${what} id ${id} is ${actual} in the maps and ${desired} in the projection; project with restoreIds(snapshot) of these maps`,
    );
    this.id = id;
  }
}

/** Compares maps with a projection, entry by entry. */
export function changeFrom({ entries: actual }: Snapshot, desired: Projection): Change {
  if (actual.size === 0) return { writes: allEntries(desired), deletes: [] };
  const writes: Write[] = [];
  const deletes: Entry[] = [];
  for (const [id, entry] of desired.entries) {
    const before = actual.get(id);
    if (before === undefined || !sameEntry(before, entry)) writes.push({ entry, before });
  }
  for (const [id, entry] of actual) if (!desired.entries.has(id)) deletes.push(entry);
  refuseForeignIds(actual.values(), writes, desired);
  return { writes, deletes };
}

function allEntries(desired: Projection): Write[] {
  const writes: Write[] = [];
  const add = (entry: Entry) => writes.push({ entry, before: undefined });
  desired.backends.forEach(add);
  for (const group of desired.frontends.values()) for (const entry of ownEntries(group)) add(entry);
  desired.wildcards.forEach(add);
  return writes;
}

/** Compares two projections with the same ids: work for changed frontends only, and one look at each backend. */
export function changeBetween(before: Projection, after: Projection): Change {
  const change: Change = { writes: [], deletes: [] };
  compareMaps(before.backends, after.backends, change);
  for (const [name, group] of after.frontends) {
    const old = before.frontends.get(name);
    if (old === group) continue;
    if (old === undefined || old.revNatId !== group.revNatId) {
      for (const entry of ownEntries(group)) change.writes.push({ entry, before: undefined });
      if (old === undefined) continue;
    }
    compareGroups(old, group, change);
  }
  for (const [name, group] of before.frontends) {
    if (!after.frontends.has(name)) change.deletes.push(...ownEntries(group));
  }
  compareMaps(before.wildcards, after.wildcards, change);
  return change;
}

function compareGroups(old: FrontendEntries, group: FrontendEntries, { writes, deletes }: Change): void {
  if (old.revNatId !== group.revNatId) {
    // Everything is written anew; what has the old id, or a slot beyond the last, goes.
    deletes.push(...old.others, ...old.slots.slice(group.slots.length));
    return;
  }
  const byId = (entries: readonly Entry[]) =>
    new Map(entries.map((entry) => [entryId(entry.map, entry.key), entry]));
  compareMaps(byId(old.others), byId(group.others), { writes, deletes });
  // The same name has the same keys: slot n is slot n.
  group.slots.forEach((entry, i) => {
    const before = old.slots[i];
    if (before === undefined || !sameEntry(before, entry)) writes.push({ entry, before });
  });
  deletes.push(...old.slots.slice(group.slots.length));
  if (!sameEntry(old.master, group.master)) writes.push({ entry: group.master, before: old.master });
}

function compareMaps<K>(
  before: ReadonlyMap<K, Entry>,
  after: ReadonlyMap<K, Entry>,
  { writes, deletes }: Change,
): void {
  for (const [key, entry] of after) {
    const old = before.get(key);
    if (old === undefined || !sameEntry(old, entry)) writes.push({ entry, before: old });
  }
  for (const [key, entry] of before) if (!after.has(key)) deletes.push(entry);
}

/** An id must mean the same backend, or the same frontend, on both sides. */
function refuseForeignIds(actual: Iterable<Entry>, writes: readonly Write[], desired: Projection): void {
  for (const { entry, before } of writes) {
    if (before === undefined || !('backendId' in entry.key) || !('clusterId' in entry.value)) continue;
    const old = before.value as MapValue<'lb4_backends_v3'>;
    const { address, port, proto } = entry.value;
    if (old.address !== address || old.port !== port || old.proto !== proto) {
      throw new IdConflictError(
        'backend',
        entry.key.backendId,
        `${old.address} ${old.port}`,
        `${address} ${port}`,
      );
    }
  }
  const owners = new Map<number, string[]>();
  for (const entry of actual) {
    if (!isMaster(entry) || isWildcard(entry)) continue;
    const { revNatIndex } = entry.value as MasterValue;
    const names = owners.get(revNatIndex);
    if (names === undefined) owners.set(revNatIndex, [serviceName(entry)]);
    else names.push(serviceName(entry));
  }
  for (const { entry } of writes) {
    if (!isMaster(entry) || isWildcard(entry)) continue;
    const name = serviceName(entry);
    const { revNatIndex } = entry.value as MasterValue;
    const names = owners.get(revNatIndex);
    if (names === undefined || names.includes(name)) continue;
    // The id may be another's whom the projection has under a new id already: then it is in dispute, not foreign.
    if (names.every((other) => (desired.frontends.get(other)?.revNatId ?? revNatIndex) !== revNatIndex))
      continue;
    throw new IdConflictError('frontend', revNatIndex, names[0]!, name);
  }
}
