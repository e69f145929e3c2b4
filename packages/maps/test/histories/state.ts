import { type ServiceMapName, serviceCatalog } from '../../src/catalog.ts';
import type { Lb4Key } from '../../src/layouts/service.ts';
import type { Snapshot } from '../../src/plan/snapshot.ts';
import { type Entry, entryId, sameEntry } from '../../src/project/entry.ts';
import { ownEntries, type Projection } from '../../src/project/projection.ts';
import { isMaster, isService, type MasterValue, serviceName } from '../../src/project/service-entry.ts';
import { createMemoryTables, type Tables } from '../../src/tables/memory-tables.ts';
import type { AnyTable } from '../../src/tables/table.ts';
import { entryText, namesOf } from '../../src/verify/entry-texts.ts';

/** Memory tables that hold exactly these entries. */
export function tablesWith(entries: Iterable<Entry>): Tables {
  const tables = createMemoryTables();
  for (const { map, key, value } of entries) (tables[map] as AnyTable).set(key, value);
  return tables;
}

/** The same entries in tables of their own. */
export function copyTables(tables: Tables): Tables {
  const copy = createMemoryTables();
  for (const map of Object.keys(serviceCatalog) as ServiceMapName[])
    for (const [key, value] of tables[map].entries()) (copy[map] as AnyTable).set(key, value);
  return copy;
}

/**
 * Entries with names instead of ids, sorted: equal for any two writers that did the same, whatever ids they chose, and which
 * slots on either side of the count.
 */
export function canonical(entries: Iterable<Entry>): string[] {
  const all = [...entries];
  const names = namesOf(all);
  const counts = new Map<string, number>();
  for (const entry of all)
    if (isMaster(entry)) counts.set(serviceName(entry), (entry.value as MasterValue).count);
  const lines = all.map((entry) => {
    const text = entryText(entry, names);
    if (!isService(entry) || isMaster(entry)) return text;
    const { backendSlot } = entry.key as Lb4Key;
    const side = backendSlot <= (counts.get(serviceName(entry)) ?? 0) ? 'counted' : 'behind';
    return text.replace(` slot ${backendSlot} `, ` slot ${side} `);
  });
  const unknown = lines.find((line) => /(frontend|backend) \d+( |$)/.test(line));
  if (unknown !== undefined) throw new Error(`an entry has an id that nothing else has: ${unknown}`);
  const once = new Set(lines);
  if (once.size !== lines.length) throw new Error(`twice in the maps: ${firstTwice(lines)}`);
  return lines.sort();
}

function firstTwice(lines: readonly string[]): string {
  return lines.find((line, i) => lines.indexOf(line) !== i)!;
}

/** Lines that only one side has, at most a few. */
export function difference(
  what: string,
  found: readonly string[],
  expected: readonly string[],
): string | undefined {
  const [here, there] = [new Set(found), new Set(expected)];
  const lines = [
    ...found.filter((line) => !there.has(line)).map((line) => `+ ${line}`),
    ...expected.filter((line) => !here.has(line)).map((line) => `- ${line}`),
  ];
  return lines.length === 0 ? undefined : `${what}:\n  ${lines.slice(0, 8).join('\n  ')}`;
}

/**
 * What is wrong with maps that should hold a projection: its entries must be there, byte for byte, and nothing else but what
 * refused frontends had before.
 */
export function wrongWith({ entries }: Snapshot, projection: Projection): string | undefined {
  const names = namesOf(entries.values());
  // Made anew each time.
  const all = projection.entries;
  for (const [id, wanted] of all) {
    const entry = entries.get(id);
    if (entry === undefined) return `missing: ${entryText(wanted, names)}`;
    if (!sameEntry(entry, wanted)) return `is ${entryText(entry, names)}, wanted ${entryText(wanted, names)}`;
  }
  const kept = new Set(keptEntries({ entries }, projection));
  for (const [id, entry] of entries)
    if (!all.has(id) && !kept.has(entry)) return `left over: ${entryText(entry, names)}`;
  return undefined;
}

/** What maps hold of frontends that a projection refuses: it stays until they are accepted, or no longer asked for. */
export function keptEntries({ entries }: Snapshot, { refused, frontends }: Projection): Entry[] {
  const names = new Set(refused.flatMap((refusal) => refusal.names).filter((name) => !frontends.has(name)));
  if (names.size === 0) return [];
  const ids = namesOf(entries.values());
  const lines = [...entries.values()].map((entry) => ({ entry, line: entryText(entry, ids) }));
  const isTheirs = (line: string) => names.has(line.split(' ')[1]!);
  const used = new Set<string>();
  for (const { entry, line } of lines) {
    if (!isTheirs(line)) continue;
    if (entry.value instanceof Uint32Array)
      for (const id of entry.value) used.add(`backend ${ids.backends.get(id)} `);
    if (!line.startsWith('svc ')) continue;
    const name = line.split(' ')[1]!;
    if ('backendId' in entry.value) used.add(`backend ${ids.backends.get(entry.value.backendId)} `);
    used.add(`svc ${name.replace(/:\d+\/\w+(\/i)?$/, ':0/ANY')} `);
  }
  return lines
    .filter(({ line }) => isTheirs(line) || [...used].some((start) => line.startsWith(start)))
    .map(({ entry }) => entry);
}

/** Frontends of a projection that are not in the maps as wanted, but for those that are pending. */
export function* unwritten({ entries }: Snapshot, projection: Projection, pending: ReadonlySet<string>) {
  for (const group of projection.frontends.values()) {
    if (pending.has(group.name)) continue;
    for (const entry of ownEntries(group)) {
      const found = entries.get(entryId(entry.map, entry.key));
      if (found === undefined || !sameEntry(found, entry)) yield group.name;
    }
  }
}
