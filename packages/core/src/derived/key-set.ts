import type { Table } from '@lbx/maps';

/** A map that is a set: its keys have one field, and its values no meaning. */
export type KeySet<Field extends string, Part> = Table<
  Readonly<Record<Field, Part>>,
  { readonly flags: number }
>;

/** Brings the table in line with what is to be in it. Returns how many entries changed. */
export function syncKeySet<Field extends string, Part>(
  table: KeySet<Field, Part>,
  field: Field,
  wanted: ReadonlySet<Part>,
): number {
  const missing = new Set(wanted);
  let changed = 0;
  for (const [key] of [...table.entries()]) {
    if (missing.delete(key[field])) continue;
    table.delete(key);
    changed++;
  }
  for (const part of missing) {
    table.set({ [field]: part } as Record<Field, Part>, { flags: 0 });
    changed++;
  }
  return changed;
}
