import type { Snapshot } from '../plan/snapshot.ts';
import { nameEntries } from './entry-names.ts';
import { type FieldValue, type NamedEntry, type NamedTable, nameEntry } from './named-entry.ts';

/** `added` is in the second state only, `removed` in the first only. */
export type ChangeKind = 'added' | 'removed' | 'changed';

/** One field that differs; absent on the side where there is no such field. */
export interface FieldChange {
  readonly field: string;
  readonly from?: FieldValue;
  readonly to?: FieldValue;
}

/** One entry of one map that differs. */
export interface EntryDiff {
  readonly change: ChangeKind;
  readonly map: string;
  /** Key with names in the place of ids. */
  readonly key: string;
  /** Name of the frontend whose it is. */
  readonly frontend?: string;
  /** What differs; of an entry that is added or removed, all that it says. */
  readonly fields: readonly FieldChange[];
}

/** The entries of a state under texts that do not depend on ids. */
export type NamedState = ReadonlyMap<string, NamedEntry>;

export function nameState(state: Snapshot, ids: boolean): NamedState {
  const names = nameEntries(state);
  const named = new Map<string, NamedEntry>();
  for (const entry of state.entries.values()) {
    const one = nameEntry(entry, names, ids);
    named.set(`${one.map} ${one.key}`, one);
  }
  return named;
}

/** The entries that differ, those of `from` first, each in the order of its state. */
export function diffEntries(from: NamedState, to: NamedState): EntryDiff[] {
  const found: EntryDiff[] = [];
  for (const [id, before] of from) {
    const after = to.get(id);
    const fields = fieldChanges(before, after);
    if (after === undefined) found.push(entryDiff('removed', before, fields));
    else if (fields.length > 0) found.push(entryDiff('changed', after, fields));
  }
  for (const [id, after] of to) {
    if (!from.has(id)) found.push(entryDiff('added', after, fieldChanges(undefined, after)));
  }
  return found;
}

function entryDiff(
  change: ChangeKind,
  { map, key, frontend }: NamedEntry,
  fields: readonly FieldChange[],
): EntryDiff {
  return { change, map, key, ...(frontend === undefined ? {} : { frontend }), fields };
}

/** Fields of two entries, or of one, that differ. */
export function fieldChanges(
  before: Pick<NamedEntry, 'fields' | 'positions'> | undefined,
  after: Pick<NamedEntry, 'fields' | 'positions'> | undefined,
): FieldChange[] {
  const [old, next] = [before?.fields ?? {}, after?.fields ?? {}];
  const changes = [...new Set([...Object.keys(old), ...Object.keys(next)])].flatMap((field) =>
    old[field] === next[field] ? [] : [fieldChange(field, old[field], next[field])],
  );
  if (before?.positions !== undefined && after?.positions !== undefined) {
    const moved = positionsMoved(before.positions, after.positions);
    if (moved !== undefined && moved > 0)
      changes.push({ field: 'positions', from: 'as they were', to: `${moved} moved` });
  }
  return changes;
}

export function fieldChange(
  field: string,
  from: FieldValue | undefined,
  to: FieldValue | undefined,
): FieldChange {
  return { field, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** How many positions of two Maglev tables of one size name another backend; undefined when the sizes differ. */
export function positionsMoved(before: NamedTable, after: NamedTable): number | undefined {
  if (before.table.length !== after.table.length) return undefined;
  const sameName = new Map<number, number>();
  let moved = 0;
  for (let i = 0; i < before.table.length; i++) {
    const [a, b] = [before.table[i]!, after.table[i]!];
    // Names are compared once for each pair of ids that is found equal.
    if (sameName.get(a) === b) continue;
    if (before.nameOf(a) === after.nameOf(b)) sameName.set(a, b);
    else moved++;
  }
  return moved;
}
