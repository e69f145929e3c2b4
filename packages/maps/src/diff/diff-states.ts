import { maglevShares } from '../layouts/maglev-text.ts';
import type { FrontendType } from '../model/frontend.ts';
import type { Snapshot } from '../plan/snapshot.ts';
import type { FrontendEntries } from '../project/frontend-entries.ts';
import { isWildcard } from '../project/service-entry.ts';
import {
  type ChangeKind,
  diffEntries,
  type EntryDiff,
  type FieldChange,
  fieldChange,
  fieldChanges,
  nameState,
  positionsMoved,
} from './entry-diff.ts';
import { isBackend } from './entry-names.ts';
import { type FrontendState, frontendStates } from './frontend-state.ts';
import type { NamedTable } from './named-entry.ts';

/** What can be compared: a snapshot of maps, or a projection, which also knows the names of services. */
export interface DiffSource extends Snapshot {
  readonly frontends?: ReadonlyMap<string, FrontendEntries>;
}

export interface DiffOptions {
  /** Compare ids too. False when absent: states that differ in the choice of ids only are equal. */
  readonly ids?: boolean;
}

/** A backend of one frontend that differs. Fields: `newFlows`, `state`, `zone`, `cluster`, and with ids `id`. */
export interface BackendDiff {
  readonly backend: string;
  readonly change: ChangeKind;
  readonly fields: readonly FieldChange[];
}

/** One side of a Maglev table: how many positions each backend has. */
export interface TableShares {
  readonly size: number;
  readonly positions: Readonly<Record<string, number>>;
}

/** Maglev tables of a frontend that differ. */
export interface TableDiff {
  readonly from?: TableShares;
  readonly to?: TableShares;
  /** Positions that name another backend; absent when the sizes differ or there is only one. */
  readonly moved?: number;
}

/** What is different about one frontend. */
export interface FrontendDiff {
  /** `198.51.100.1:80/TCP`, with `/i` behind for the internal scope. */
  readonly name: string;
  /** Where one of the two states knows it. */
  readonly service?: string;
  readonly type: FrontendType;
  readonly change: ChangeKind;
  /** Settings: `type`, `algorithm`, `affinity`, and each flag under its name. */
  readonly fields: readonly FieldChange[];
  readonly backends: readonly BackendDiff[];
  readonly sourceRanges: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly maglev?: TableDiff;
  /** How many entries of it differ. */
  readonly entries: number;
}

/** How two states differ: frontend by frontend, what belongs to none, and entry by entry. */
export interface StateDiff {
  readonly equal: boolean;
  readonly frontends: readonly FrontendDiff[];
  /** Entries for all other ports of an address. */
  readonly wildcards: readonly EntryDiff[];
  /** Backends that no slot names, and entries of frontends that are not there. */
  readonly others: readonly EntryDiff[];
  /** Everything that differs, in no particular order. */
  readonly entries: readonly EntryDiff[];
}

/**
 * Compares two states of the maps that a control plane writes: what was read from maps or a dump, or what is wanted.
 * Ids stand for names, so that states which two processes wrote with other ids are equal (but see `ids`). Everything
 * that differs is in `entries`; `equal` says that there is nothing. Pure.
 */
export function diffStates(from: DiffSource, to: DiffSource, { ids = false }: DiffOptions = {}): StateDiff {
  const [before, after] = [nameState(from, ids), nameState(to, ids)];
  const entries = diffEntries(before, after);
  const [had, has] = [frontendStates(before), frontendStates(after)];
  const touched = new Map<string, number>();
  for (const { frontend } of entries)
    if (frontend !== undefined) touched.set(frontend, (touched.get(frontend) ?? 0) + 1);
  const shared = new Set(entries.filter(isBackendDiff).map(({ key }) => key));
  const used = new Set<string>();
  for (const [name, { backends }] of [...had, ...has]) {
    for (const backend of backends.keys()) {
      used.add(backend);
      if (shared.has(backend) && !touched.has(name)) touched.set(name, 0);
    }
  }
  const frontends = [...touched].map(([name, count]): FrontendDiff => {
    const service = (to.frontends?.get(name) ?? from.frontends?.get(name))?.frontend.service;
    const diff = frontendDiff(name, had.get(name), has.get(name), count);
    return service === undefined ? diff : { ...diff, service };
  });
  const ownerless = entries.filter((entry) => entry.frontend === undefined);
  const wildcards = ownerless.filter(({ map, key }) => {
    const one = (after.get(`${map} ${key}`) ?? before.get(`${map} ${key}`))!.entry;
    return 'backendSlot' in one.key && isWildcard(one);
  });
  const isWild = new Set(wildcards);
  return {
    equal: entries.length === 0,
    frontends: frontends.sort(byServiceAndName),
    wildcards,
    others: ownerless.filter((entry) => !isWild.has(entry) && !(isBackendDiff(entry) && used.has(entry.key))),
    entries,
  };
}

const isBackendDiff = ({ map }: Pick<EntryDiff, 'map'>): boolean => isBackend({ map } as never);

function byServiceAndName(a: FrontendDiff, b: FrontendDiff): number {
  const [one, other] = [a, b].map(({ service = '', name }) => `${service} ${name}`) as [string, string];
  return one < other ? -1 : one > other ? 1 : 0;
}

function frontendDiff(
  name: string,
  before: FrontendState | undefined,
  after: FrontendState | undefined,
  entries: number,
): FrontendDiff {
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const fields = change === 'changed' ? settingChanges(before!, after!) : [];
  const backends = backendDiffs(before, after);
  const sourceRanges = {
    added: missingIn(before?.sourceRanges, after?.sourceRanges),
    removed: missingIn(after?.sourceRanges, before?.sourceRanges),
  };
  const maglev = tableDiff(before?.maglev, after?.maglev);
  const told = fields.length + backends.length + sourceRanges.added.length + sourceRanges.removed.length;
  return {
    name,
    type: (after ?? before)!.type,
    change,
    // What no word is made for: shown entry by entry only.
    fields:
      change === 'changed' && told === 0 && maglev === undefined
        ? [fieldChange('entries', undefined, `${entries} differ`)]
        : fields,
    backends,
    sourceRanges,
    ...(maglev === undefined ? {} : { maglev }),
    entries,
  };
}

function settingChanges(before: FrontendState, after: FrontendState): FieldChange[] {
  const type = before.type === after.type ? [] : [fieldChange('type', before.type, after.type)];
  const order = orderChange([...before.backends.keys()], [...after.backends.keys()]);
  return [...type, ...fieldChanges({ fields: before.settings }, { fields: after.settings }), ...order];
}

/** Those that both have, in another order: which one a hash or slot means changes. */
function orderChange(before: readonly string[], after: readonly string[]): FieldChange[] {
  const [had, has] = [new Set(before), new Set(after)];
  const [old, next] = [before.filter((name) => has.has(name)), after.filter((name) => had.has(name))];
  return old.join() === next.join() ? [] : [fieldChange('order', old.join(' '), next.join(' '))];
}

function backendDiffs(before: FrontendState | undefined, after: FrontendState | undefined): BackendDiff[] {
  const [had, has] = [
    before?.backends ?? new Map(),
    after?.backends ?? new Map(),
  ] as FrontendState['backends'][];
  const found: BackendDiff[] = [];
  for (const [backend, old] of had!) {
    const next = has!.get(backend);
    const fields = fieldChanges({ fields: old }, next && { fields: next });
    if (next === undefined) found.push({ backend, change: 'removed', fields });
    else if (fields.length > 0) found.push({ backend, change: 'changed', fields });
  }
  for (const [backend, next] of has!) {
    if (!had!.has(backend))
      found.push({ backend, change: 'added', fields: fieldChanges(undefined, { fields: next }) });
  }
  return found;
}

function missingIn(have: ReadonlySet<string> = new Set(), wanted: ReadonlySet<string> = new Set()): string[] {
  return [...wanted].filter((one) => !have.has(one));
}

function tableDiff(before: NamedTable | undefined, after: NamedTable | undefined): TableDiff | undefined {
  if (before === undefined && after === undefined) return undefined;
  const moved = before && after && positionsMoved(before, after);
  if (moved === 0) return undefined;
  return {
    ...(before === undefined ? {} : { from: sharesOf(before) }),
    ...(after === undefined ? {} : { to: sharesOf(after) }),
    ...(moved === undefined ? {} : { moved }),
  };
}

/** How many positions each backend of a table has. */
export function sharesOf({ table, nameOf }: NamedTable): TableShares {
  const positions: Record<string, number> = {};
  for (const [id, count] of maglevShares(table)) {
    const name = nameOf(id);
    positions[name] = (positions[name] ?? 0) + count;
  }
  return { size: table.length, positions };
}
