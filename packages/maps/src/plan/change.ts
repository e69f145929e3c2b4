import type { Lb4Slot } from '../layouts/service.ts';
import { readEndpoint } from '../model/endpoint-name.ts';
import { type Entry, entryId, sameEntry } from '../project/entry.ts';
import type { FrontendEntries } from '../project/frontend-entries.ts';
import { ownEntries, type Projection } from '../project/projection.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import type { MasterValue } from '../project/service-entry.ts';
import { namedByStrayTables } from './stray-tables.ts';
import type { Written, WrittenFrontend } from './written.ts';
import { WrittenSlots } from './written-slots.ts';

/** An entry to be written, and what is there now. */
export interface Write {
  readonly entry: Entry;
  readonly before: Entry | undefined;
}

/** An entry to be deleted, and the frontend whose it is. */
interface Delete {
  readonly entry: Entry;
  readonly frontend: string | undefined;
}

/** The difference between what is and what should be, in no order. */
export interface Change {
  readonly writes: Write[];
  readonly deletes: Delete[];
}

export interface PlanOptions {
  /** Delete what the projection does not know (true when absent). False: only what belongs to its frontends. */
  readonly prune?: boolean;
  /** Frontends that are left out, for example because they failed just now. */
  readonly skip?: { has(name: string): boolean };
}

/** Compares what the maps hold with a projection, as far as `changes` say that they may differ. */
export function compare(
  written: Written,
  desired: Projection,
  changes: ProjectionChanges,
  { prune = true, skip }: PlanOptions = {},
): Change {
  const change: Change = { writes: [], deletes: [] };
  const skipped: string[] = [];
  for (const name of changes.frontends) {
    if (skip?.has(name)) {
      skipped.push(name);
      continue;
    }
    const group = desired.frontends.get(name);
    const have = written.frontends.get(name);
    if (group !== undefined) {
      compareFrontend(have, group, written, desired, change);
      // What the maps hold of a refused frontend goes on working until it is accepted, or no longer asked for.
    } else if (have !== undefined && prune && !desired.refusedNames.has(name)) {
      deleteFrontend(name, have, written, desired, change);
    }
  }
  if (prune) {
    for (const id of written.ownerless) {
      // Its frontend is about to be written, or to be written to the end.
      if (desired.ids.has(id)) continue;
      for (const entry of written.othersOf(id).values()) change.deletes.push({ entry, frontend: undefined });
    }
  }
  let uses: ReadonlyMap<number, number> | undefined;
  // Tables of frontends that nothing is done about now may be ahead of their slots: their last update may have failed.
  let strays: ReadonlySet<number> | undefined;
  const isInStrayTable = (id: number) => {
    strays ??= namedByStrayTables(
      written,
      [...skipped, ...refusedAndWritten(written, desired)],
      [...written.ownerless].filter((one) => skip?.has(desired.ids.get(one) ?? '')),
    );
    return strays.has(id);
  };
  for (const id of changes.backends) {
    const isUsed = () => {
      uses ??= usesAfter(change);
      return written.usesOf(id) + (uses.get(id) ?? 0) > 0 || isInStrayTable(id);
    };
    const want = desired.backends.get(id);
    compareShared(written.backends.get(id), want, () => prune && !isUsed(), change);
    const twin = written.twinOf(id);
    if (twin !== undefined)
      compareShared(twin, undefined, () => prune && (want !== undefined || !isUsed()), change);
  }
  const kept = keptAddresses(written, desired, changes.wildcards);
  const isHereOrToCome = (name: string) => written.frontends.has(name) || desired.frontends.has(name);
  const waiting = addressesOf(skipped.filter(isHereOrToCome));
  for (const address of changes.wildcards) {
    const [have, entry] = [written.wildcards.get(address), desired.wildcards.get(address)];
    // It would catch what is sent to a frontend that is not there yet.
    if (have === undefined && waiting.has(address)) continue;
    compareShared(have, entry, () => prune && !kept.has(address), change);
  }
  return change;
}

/** Everything that may differ. */
export function allChanges(written: Written, desired: Projection): ProjectionChanges {
  return {
    frontends: new Set([...written.frontends.keys(), ...desired.frontends.keys()]),
    backends: new Set([...written.backends.keys(), ...desired.backends.keys()]),
    wildcards: new Set([...written.wildcards.keys(), ...desired.wildcards.keys()]),
  };
}

/** What the maps hold and nobody asks for. */
export function unwantedIn(written: Written, desired: Projection): ProjectionChanges {
  const without = <K>(have: ReadonlyMap<K, unknown>, wanted: ReadonlyMap<K, unknown>) =>
    new Set([...have.keys()].filter((key) => !wanted.has(key)));
  return {
    frontends: without(written.frontends, desired.frontends),
    backends: without(written.backends, desired.backends),
    wildcards: without(written.wildcards, desired.wildcards),
  };
}

function compareShared(
  have: Entry | undefined,
  entry: Entry | undefined,
  mayDelete: () => boolean,
  { writes, deletes }: Change,
): void {
  if (entry === undefined) {
    if (have !== undefined && mayDelete()) deletes.push({ entry: have, frontend: undefined });
  } else if (have === undefined || !sameEntry(have, entry)) {
    writes.push({ entry, before: have });
  }
}

function compareFrontend(
  have: WrittenFrontend | undefined,
  group: FrontendEntries,
  written: Written,
  desired: Projection,
  { writes, deletes }: Change,
): void {
  const { name: frontend, revNatId } = group;
  const others = written.othersOf(revNatId);
  if (have === undefined && others.size === 0) {
    for (const entry of ownEntries(group)) writes.push({ entry, before: undefined });
    return;
  }
  const write = (entry: Entry, before: Entry | undefined) => {
    if (before === undefined || !sameEntry(before, entry)) writes.push({ entry, before });
  };
  const wanted = new Set<string>();
  for (const entry of group.others) {
    const id = entryId(entry.map, entry.key);
    wanted.add(id);
    write(entry, others.get(id));
  }
  for (const [id, entry] of others) if (!wanted.has(id)) deletes.push({ entry, frontend });
  const slots = have?.slots ?? new WrittenSlots();
  for (const slot of slots.differing(group.slots))
    writes.push({ entry: group.slots.entry(slot), before: slots.get(slot) });
  for (const slot of slots.keys())
    if (slot > group.slots.length) deletes.push({ entry: slots.get(slot)!, frontend });
  write(group.master, have?.master);
  // It had another id before.
  const before = have?.master && idOf(have.master);
  if (before !== undefined && before !== revNatId) deleteOthers(frontend, before, written, desired, deletes);
}

function deleteFrontend(
  frontend: string,
  { master, slots }: WrittenFrontend,
  written: Written,
  desired: Projection,
  { deletes }: Change,
): void {
  for (const entry of slots.values()) deletes.push({ entry, frontend });
  if (master === undefined) return;
  deletes.push({ entry: master, frontend });
  deleteOthers(frontend, idOf(master), written, desired, deletes);
}

/** What has the id of a frontend, unless it is another's: by what is wanted, or else by what is there. */
function deleteOthers(
  frontend: string,
  id: number,
  written: Written,
  { ids }: Projection,
  deletes: Delete[],
): void {
  if (ids.has(id) || written.ownerOf(id) !== frontend) return;
  for (const entry of written.othersOf(id).values()) deletes.push({ entry, frontend });
}

const idOf = (master: Entry): number => (master.value as MasterValue).revNatIndex;

/** By how much the change alters how many slots name a backend. */
function usesAfter({ writes, deletes }: Change): ReadonlyMap<number, number> {
  const uses = new Map<number, number>();
  const count = (entry: Entry | undefined, by: 1 | -1) => {
    if (entry === undefined || !('backendId' in entry.value) || !('backendSlot' in entry.key)) return;
    const { backendId } = entry.value as Lb4Slot;
    uses.set(backendId, (uses.get(backendId) ?? 0) + by);
  };
  for (const { entry, before } of writes) {
    count(before, -1);
    count(entry, 1);
  }
  for (const { entry } of deletes) count(entry, -1);
  return uses;
}

/** Addresses at which the maps hold something of a refused frontend: their wildcards stay too. */
export function keptAddresses(
  written: Written,
  desired: Projection,
  wildcards: Iterable<string>,
): ReadonlySet<string> {
  const inQuestion = [...wildcards].some((address) => !desired.wildcards.has(address));
  return new Set(inQuestion ? addressesOf(refusedAndWritten(written, desired)) : []);
}

/** Refused frontends of which the maps hold something. */
function refusedAndWritten(written: Written, { refusedNames, frontends }: Projection): string[] {
  return [...refusedNames.keys()].filter((name) => !frontends.has(name) && written.frontends.has(name));
}

function addressesOf(frontends: readonly string[]): ReadonlySet<string> {
  return new Set(frontends.flatMap((name) => readEndpoint(name)?.address ?? []));
}
