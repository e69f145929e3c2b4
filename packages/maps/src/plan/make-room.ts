import type { Lb4Slot } from '../layouts/service.ts';
import type { Entry } from '../project/entry.ts';
import type { FrontendEntries } from '../project/frontend-entries.ts';
import type { Projection } from '../project/projection.ts';
import type { ProjectionChanges } from '../project/projection-changes.ts';
import type { MasterValue } from '../project/service-entry.ts';
import { SlotEntries, type SlotEntry } from '../project/slot-entries.ts';
import { slotOrder } from '../project/slot-order.ts';
import type { PlanOptions } from './change.ts';
import { rangeDigits } from './range-turn.ts';
import type { Written, WrittenFrontend } from './written.ts';

/** A state between what the maps hold and what is wanted, and what may have to be written for it. */
export interface Stopover {
  readonly projection: Projection;
  readonly changes: ProjectionChanges;
  /** Frontends that nothing can be done about: those that are to be left out, that are only begun, or have another's id. */
  readonly skip: ReadonlySet<string>;
}

/**
 * The way to `desired` through maps that are full: the frontends that change lose first what they have and shall not keep,
 * and get the rest afterwards. In between each is as it was, but that its flows go to fewer backends:
 * - to those that it has and keeps; what it adds comes later;
 * - where it keeps none, to one that it shall have and that the maps know already, or else to one that it had; or, with
 *   `exchange`, to a single new one, which takes a free entry and gives one back.
 *
 * Backends that are wanted keep their entries all the time, and so their established flows. Only where every entry of the
 * backends map is taken, and all of what is superfluous is the last backend of a frontend, is there no way: each lookup has
 * to find an old or a new backend.
 *
 * Pure; to be carried out without and with `exchange`, again and again until neither changes anything: each time more may fit.
 */
export function stopover(
  written: Written,
  desired: Projection,
  changes: ProjectionChanges,
  { skip = new Set(), exchange }: { readonly skip?: PlanOptions['skip']; readonly exchange: boolean },
): Stopover {
  const frontends = new Map<string, FrontendEntries>();
  const left = new Set<string>();
  const backends = new Map<number, Entry>();
  const want = (id: number) => {
    const entry = desired.backends.get(id);
    if (entry !== undefined) backends.set(id, entry);
  };
  for (const name of changes.frontends) {
    const group = desired.frontends.get(name);
    if (group === undefined && !skip.has(name)) continue;
    const have = skip.has(name) ? undefined : written.frontends.get(name);
    const between = have && lessOf(have, group!, written, exchange);
    if (between === undefined) left.add(name);
    else {
      frontends.set(name, between);
      between.slots.ids.forEach(want);
    }
  }
  const touched = new Set([...changes.backends, ...backends.keys()]);
  for (const id of touched) {
    const have = written.backends.get(id);
    if (have !== undefined && desired.backends.has(id)) backends.set(id, have);
  }
  const wildcards = new Map<string, Entry>();
  for (const address of changes.wildcards) {
    const have = written.wildcards.get(address);
    if (have !== undefined && desired.wildcards.has(address)) wildcards.set(address, have);
  }
  const { ids, refused, refusedNames } = desired;
  return {
    projection: {
      frontends,
      ids,
      backends,
      wildcards,
      refused,
      refusedNames,
      get entries() {
        return desired.entries;
      },
    },
    changes: { ...changes, backends: touched },
    skip: left,
  };
}

/**
 * A frontend as it is, without the backends that it shall not keep; undefined when it has to be left alone.
 * @param exchange - may it get a backend that the maps do not know, in place of the last that it has?
 */
function lessOf(
  { master, slots }: WrittenFrontend,
  group: FrontendEntries,
  written: Written,
  exchange: boolean,
): FrontendEntries | undefined {
  const { name } = group;
  if (master === undefined) return undefined;
  const old = master.value as MasterValue;
  if (old.revNatIndex !== group.revNatId || written.ownerOf(group.revNatId) !== name) return undefined;
  const before = slots.backends();
  const wanted = group.master.value as MasterValue;
  const had = before.slice(0, old.count);
  const gets = group.slots.ids.slice(0, wanted.count);
  const serving = servingOf(had, gets, (id) => written.backends.has(id), exchange);
  const keeps = new Set(group.slots.ids);
  const ids = [...new Set([...serving, ...before.filter((id) => keeps.has(id))])];
  const order = slotOrder(ids, serving.length, before);
  const [like] = slots.values();
  if (like === undefined && ids.length > 0) return undefined;
  const own = (entry: Entry): Entry => ({ ...entry, op: 'set', frontend: name }) as Entry;
  const stays = new Set(ids);
  const others = [...written.othersOf(group.revNatId).values()]
    .filter(({ key }) => !('backendId' in key) || stays.has(key.backendId))
    .flatMap((entry) => withTableOf(entry, serving))
    .map(own);
  return {
    ...group,
    master: own({
      ...master,
      value: { ...old, count: serving.length, qcount: ids.length - serving.length },
    } as Entry),
    slots: new SlotEntries(
      own(like ?? ({ ...master, value: { ...old, backendId: 0 } } as Entry)) as SlotEntry,
      order.map((member) => ids[member]!),
    ),
    others: withoutRanges(others, master, group),
  };
}

/** Who takes the new flows of a frontend in between, of those that it had and those that it gets. */
function servingOf(
  had: readonly number[],
  gets: readonly number[],
  isThere: (id: number) => boolean,
  exchange: boolean,
): readonly number[] {
  const next = new Set(gets);
  const kept = [...new Set(had)].filter((id) => next.has(id));
  if (kept.length > 0 || had.length === 0) return kept;
  const one = gets.find(isThere) ?? (exchange ? gets[0] : undefined) ?? had[0]!;
  return [one];
}

/**
 * An entry, where it is a Maglev table one that names only these backends: where it names others, they take their places in
 * turn. Without backends nobody looks at the table, and it may not outlive those that it names.
 */
function withTableOf(entry: Entry, serving: readonly number[]): Entry | readonly [] {
  const { value } = entry;
  if (!(value instanceof Uint32Array)) return entry;
  if (serving.length === 0) return [];
  const serves = new Set(serving);
  if (value.every((id) => serves.has(id))) return entry;
  return {
    ...entry,
    value: value.map((id, i) => (serves.has(id) ? id : serving[i % serving.length]!)),
  } as Entry;
}

/** Without the source ranges that mean no more to anybody: those that go, and have nothing in common with one that is to come. */
function withoutRanges(others: readonly Entry[], master: Entry, group: FrontendEntries): readonly Entry[] {
  const [old, next] = [master.value as Lb4Slot, group.master.value as Lb4Slot];
  if (old.flags !== next.flags || old.flags2 !== next.flags2) return others;
  const rangesOf = (entries: readonly Entry[]) =>
    new Set(entries.flatMap((entry) => rangeDigits(entry) ?? []));
  const [had, gets] = [rangesOf(others), rangesOf(group.others)];
  const toCome = [...gets].filter((range) => !had.has(range));
  return others.filter((entry) => {
    const range = rangeDigits(entry);
    if (range === undefined || gets.has(range)) return true;
    return toCome.some((one) => one.startsWith(range) || range.startsWith(one));
  });
}
