import { type DumpEntry, type DumpSource, entriesOf } from '../dump/dump.ts';
import { parseDump } from '../dump/parse-dump.ts';
import { type Entry, entryId } from '../project/entry.ts';

/** Whatever tells what maps hold: tables, a snapshot or projection, entries, or the lines of a dump. */
export type MapContents = DumpSource | readonly string[];

/** Entries by `${map} ${key in hex}`. */
export function readContents(contents: MapContents): Map<string, DumpEntry> {
  const entries = isLines(contents) ? parseDump(contents) : entriesOf(contents);
  const byId = new Map<string, DumpEntry>();
  for (const entry of entries) byId.set(idOf(entry), entry);
  return byId;
}

/** The same for two entries exactly when they are the same entry of the same map. */
export const idOf = ({ map, key }: DumpEntry): string => entryId(map as Entry['map'], key as Entry['key']);

const isLines = (contents: MapContents): contents is readonly string[] =>
  Array.isArray(contents) && contents.every((line) => typeof line === 'string');
