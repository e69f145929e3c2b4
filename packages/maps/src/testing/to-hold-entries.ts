import { catalog } from '../catalog.ts';
import { type DumpEntry, keyTextOf } from '../dump/dump.ts';
import { parseDump } from '../dump/parse-dump.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { compareFacts, indent } from './compare-facts.ts';
import { entryFacts } from './entry-facts.ts';
import { idOf, type MapContents, readContents } from './map-contents.ts';
import { type MatcherResult, resultOf } from './matcher-result.ts';

/**
 * Do the maps hold these entries (and whatever else)?
 *
 *     expect(tables).toHoldEntries('lb4_backends_v3 id=1 => 192.0.2.10:8080/TCP active');
 *
 * @param expected - lines of a dump, one or more, or one text of many lines.
 */
export function toHoldEntries(received: MapContents, ...expected: readonly string[]): MatcherResult {
  const held = readContents(received);
  const wanted = parseDump(expected.join('\n'));
  const problems = wanted.flatMap((entry) => {
    const found = held.get(idOf(entry));
    const differences =
      found === undefined
        ? [`is not there${elsewhere(entry, held)}`]
        : compareFacts(entryFacts(entry), entryFacts(found));
    return differences.length === 0 ? [] : [nameOf(entry), ...indent(differences)];
  });
  return resultOf(
    `the maps hold ${wanted.length === 1 ? nameOf(wanted[0]!) : `${wanted.length} entries`}`,
    problems,
  );
}

const nameOf = ({ map, key }: DumpEntry) =>
  `${map} ${keyTextOf((catalog as Readonly<Record<string, AnyLayout>>)[map]!).format(key)}`;

/** A hint where to look: how many entries the map has at all. */
function elsewhere({ map }: DumpEntry, held: ReadonlyMap<string, DumpEntry>): string {
  const count = [...held.values()].filter((entry) => entry.map === map).length;
  return count === 0
    ? ': the map is empty'
    : ` among ${count} ${count === 1 ? 'entry' : 'entries'} of that map`;
}
