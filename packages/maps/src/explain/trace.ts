import { catalog, type MapKey, type MapName, type MapValue, type ServiceMapName } from '../catalog.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import type { Lb4SrcRangeKey } from '../layouts/source-range.ts';
import type { Snapshot } from '../plan/snapshot.ts';
import { type Entry, entryId } from '../project/entry.ts';
import type { Projection } from '../project/projection.ts';
import type { Tables } from '../tables/memory-tables.ts';
import type { AnyTable, Table } from '../tables/table.ts';
import type { ExplanationStep } from './explanation.ts';

type AffinityTables = {
  readonly [N in 'lb4_affinity' | 'lb6_affinity']?: Table<MapKey<N>, MapValue<N>>;
};

/** What can be explained: maps, a snapshot of them, or what they are to become. Only maps can have affinity entries. */
export type ExplainSource = Partial<Tables & AffinityTables> | Snapshot | Projection;

/** Looks into maps and writes down what it saw. */
export interface Trace {
  readonly steps: ExplanationStep[];
  /** `why` says what is asked, "the service". */
  lookup<N extends MapName>(map: N, key: MapKey<N>, why: string): MapValue<N> | undefined;
  note(text: string): void;
}

/** A trace over a source. */
export function createTrace(source: ExplainSource): Trace {
  const steps: ExplanationStep[] = [];
  const find = 'entries' in source ? inEntries(source) : inTables(source);
  return {
    steps,
    note: (text) => void steps.push({ text }),
    lookup(map, key, why) {
      const value = find(map, key) as MapValue<typeof map> | undefined;
      steps.push({
        // Written when somebody reads it: the differential tests explain a million packets.
        get text() {
          const keyText = (catalog[map] as AnyLayout).key.text.format(key);
          return `${why}: ${map} ${keyText} => ${valueText(map, key, value)}`;
        },
        map,
        key,
        value,
      });
      return value;
    },
  };
}

function valueText(map: MapName, key: unknown, value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value instanceof Uint32Array) return `table of ${value.length}`;
  const text = (catalog[map] as AnyLayout).value.textFor(key).format(value);
  return text === '-' ? 'found' : text; // a value without fields only says that it is there
}

type Find = (map: MapName, key: unknown) => unknown;

function inTables(tables: Partial<Tables & AffinityTables>): Find {
  return (map, key) => (tables as Partial<Record<MapName, AnyTable>>)[map]?.get(key);
}

function inEntries({ entries }: Snapshot): Find {
  return (map, key) => {
    const find = (one: unknown) => entries.get(entryId(map as ServiceMapName, one as Entry['key']))?.value;
    if (map !== 'lb4_source_range' && map !== 'lb6_source_range') {
      return map === 'lb4_affinity' || map === 'lb6_affinity' ? undefined : find(key);
    }
    // An LPM trie gives the longest prefix that covers the key.
    const range = key as Lb4SrcRangeKey;
    for (let prefixlen = range.prefixlen; prefixlen >= 32; prefixlen--) {
      const value = find({ ...range, prefixlen });
      if (value !== undefined) return value;
    }
    return undefined;
  };
}
