import type { ServiceMapName } from '../../src/catalog.ts';
import { createIds, type IdsOptions } from '../../src/ids/ids.ts';
import type { ApplyResult } from '../../src/plan/apply-ops.ts';
import { readSnapshot, type Snapshot } from '../../src/plan/snapshot.ts';
import { project } from '../../src/project/project.ts';
import type { Projection } from '../../src/project/projection.ts';
import type { Tables } from '../../src/tables/memory-tables.ts';
import { namesOf } from '../../src/verify/entry-texts.ts';
import { createSlotWatch } from '../../src/verify/slot-watch.ts';
import { watchTables } from '../../src/verify/watch-tables.ts';
import { createLookups, type LookupOptions } from './lookups.ts';
import { questionsOf } from './questions.ts';
import { canonical, difference, keptEntries, tablesWith, wrongWith } from './state.ts';
import type { Desired } from './world.ts';
import type { Writer } from './writer.ts';

export interface SessionOptions extends LookupOptions {
  readonly ids?: IdsOptions;
}

export type MakeWriter = (tables: Tables, options?: IdsOptions) => Writer;

/** Counts of what the sessions of a test did. */
export interface Tally {
  histories: number;
  writes: number;
  lookups: number;
  restarts: number;
  faults: number;
}

export const newTally = (): Tally => ({ histories: 0, writes: 0, lookups: 0, restarts: 0, faults: 0 });

/** One run of a writer over tables, where every single write is followed by all lookups that it can have changed. */
export interface Session {
  readonly writer: Writer;
  /** Announces what comes next. */
  want(desired: Desired): Projection;
  /** Writes, looking at every state. `afterWrite` comes after each single write and may throw. */
  write(afterWrite?: (count: number) => void, skip?: ReadonlySet<string>): ApplyResult;
  /** Nothing may be left to do. Throws what is wrong. */
  settled(desired: Desired): void;
}

export function createSession(
  tables: Tables,
  make: MakeWriter,
  tally: Tally,
  { ids = {}, ...options }: SessionOptions = {},
): Session {
  const slots = createSlotWatch({ every: true });
  const lookups = createLookups(tables, options);
  let writes = 0;
  let afterWrite: ((count: number) => void) | undefined;
  const wrote = (op: string, map: ServiceMapName, key: unknown) => {
    writes++;
    tally.writes++;
    const problems = [...slots.problems(), ...lookups.wrote(map, key)];
    if (problems.length > 0)
      throw new Error(
        `after write ${writes}, ${op} ${map} ${JSON.stringify(key)}:\n${problems.slice(0, 4).join('\n')}`,
      );
    afterWrite?.(writes);
  };
  const watched = watchTables(tables, {
    set(map, key, value) {
      slots.set(map, key, value);
      wrote('set', map, key);
    },
    delete(map, key) {
      slots.delete(map, key);
      wrote('delete', map, key);
    },
  });
  for (const [map, table] of Object.entries(tables))
    for (const [key, value] of table.entries()) slots.set(map as ServiceMapName, key, value);
  const writer = make(watched, ids);
  let projection: Projection = project([], {}, createIds());

  return {
    writer,
    want(desired) {
      const before = projection;
      projection = writer.want(desired);
      const wanted = projection;
      const kept = wanted.refused.length === 0 ? [] : keptEntries(readSnapshot(tables), wanted);
      lookups.begin(
        questionsOf([before, wanted]),
        () => tablesWith([...kept, ...wanted.entries.values()]),
        desired.options.algorithm ?? 'random',
      );
      writes = 0;
      return projection;
    },
    write(stop, skip) {
      afterWrite = stop;
      const asked = lookups.asked;
      try {
        return writer.write(skip);
      } finally {
        afterWrite = undefined;
        tally.lookups += lookups.asked - asked;
      }
    },
    settled(desired) {
      const snapshot = readSnapshot(tables);
      const wrong = wrongWith(snapshot, projection) ?? idsWrong(writer, projection, snapshot);
      if (wrong !== undefined) throw new Error(wrong);
      const clean = cleanRun(desired);
      // Who is refused depends on who came first; that nobody is forgotten does not.
      if (projection.refused.length > 0) {
        const differs = difference('not asked for by the same', claimed(projection), clean.claimed);
        if (differs !== undefined) throw new Error(differs);
        return;
      }
      const differs = difference(
        'not as after a clean run',
        canonical(snapshot.entries.values()),
        clean.canonical(),
      );
      if (differs !== undefined) throw new Error(differs);
    },
  };
}

const cleanRuns = new WeakMap<Desired, { claimed: string[]; canonical: () => string[] }>();

/** What a writer without a past makes of it; once, as many may have to do the same. */
function cleanRun(desired: Desired) {
  const known = cleanRuns.get(desired);
  if (known !== undefined) return known;
  const clean = project([...desired.services.values()].flat(), desired.options, createIds());
  let lines: string[] | undefined;
  const made = { claimed: claimed(clean), canonical: () => (lines ??= canonical(clean.entries.values())) };
  cleanRuns.set(desired, made);
  return made;
}

/** Ids in use must be those of the projection and of what the maps keep: no more (leaked), no fewer, none twice. */
function idsWrong({ ids }: Writer, { frontends, backends, refusedNames }: Projection, { entries }: Snapshot) {
  const have = [...ids.frontends.entries()];
  const both = [...ids.backends.entries()];
  if (new Set(have.map(([, id]) => id)).size !== have.length) return 'a frontend id is in use twice';
  if (new Set(both.map(([, id]) => id)).size !== both.length) return 'a backend id is in use twice';
  for (const { name, revNatId } of frontends.values())
    if (ids.frontends.find(name) !== revNatId) return `${name} has no id of its own`;
  for (const id of backends.keys())
    if (ids.backends.nameOf(id) === undefined) return `backend id ${id} is not in use`;
  for (const [name, id] of have)
    if (!frontends.has(name) && !refusedNames.has(name)) return `frontend id ${id} is leaked: ${name}`;
  const { frontends: _, backends: written } = namesOf(entries.values());
  for (const [name, id] of both)
    if (!backends.has(id) && !written.has(id)) return `backend id ${id} is leaked: ${name}`;
  return undefined;
}

const claimed = ({ frontends, refusedNames }: Projection) => [...frontends.keys(), ...refusedNames.keys()];
