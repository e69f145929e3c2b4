import { MapsError } from '../errors.ts';
import type { Entry } from '../project/entry.ts';
import { type EntryNames, entryText, namesOf } from './entry-texts.ts';
import {
  type RecordedEntry,
  recordedEntry,
  type Sequence,
  type SequenceCall,
  type SequenceStep,
} from './sequence.ts';
import { createSlotWatch } from './slot-watch.ts';

/** What the maps of the reference implementation should have held after a step. */
export interface RecordedState {
  /** Lines as of entryText; of a Maglev table `maglev NAME => sha256:…`, or as of entryText where only that is known. */
  readonly lines: ReadonlySet<string>;
  /** Ids that its hashed Maglev tables have for backends. */
  readonly backendIds: ReadonlyMap<string, number>;
}

/**
 * The entries of a step as lines, its `residue` undone.
 *
 * @param known names of ids that no entry of the step gives, as they were at that time
 */
export function recordedState(
  { entries = {}, residue = [] }: SequenceStep,
  known: EntryNames,
): RecordedState {
  const recorded = Object.entries(entries).flatMap(([map, list]) =>
    list.map(([key, value]) => recordedEntry(map, key, value)),
  );
  const names = namesOf(
    recorded.map(({ entry }) => entry),
    known,
  );
  const lines = new Set(recorded.map((one) => lineOf(one, names)));
  for (const change of residue) {
    const line = change.slice(2);
    if (change.startsWith('-')) lines.add(line);
    else if (!lines.delete(line.startsWith('maglev ') ? sameTable(line, lines) : line))
      throw new MapsError('LBX_VECTORS', `residue "${change}" is no entry of its step`);
  }
  const current = namesOf(recorded.map(({ entry }) => entry)).backends;
  return { lines, backendIds: new Map([...current].map(([id, name]) => [name, id])) };
}

function lineOf({ entry, table }: RecordedEntry, names: EntryNames): string {
  return table === undefined
    ? entryText(entry, names)
    : `${entryText({ ...entry, value: empty } as Entry, names).split(' => ')[0]} => ${table}`;
}

const empty = new Uint32Array(0);

/** The line of the same frontend's table. */
function sameTable(line: string, lines: ReadonlySet<string>): string {
  const head = `${line.split(' => ')[0]} => `;
  return [...lines].find((one) => one.startsWith(head)) ?? line;
}

function byId(names: Readonly<Record<string, string>> = {}): Map<number, string> {
  return new Map(Object.entries(names).map(([id, name]) => [Number(id), name]));
}

/** Follows the recorded calls of a sequence. */
export interface CallWatch {
  /** Tells whether a call passed through a state with a dangling slot. */
  follow(call: SequenceCall): boolean;
  /** The names that ids had last; after a restart they may stand for something else than in the end. */
  readonly names: EntryNames;
}

export function createCallWatch(ids: Sequence['ids']): CallWatch {
  const watch = createSlotWatch();
  let names: EntryNames = { frontends: byId(ids?.services), backends: byId(ids?.backends) };
  return {
    get names() {
      return names;
    },
    follow({ ops = [] }) {
      let dangling = false;
      const written: Entry[] = [];
      for (const [op, map, key, value] of ops) {
        if (op === '0' || op === '!' || map.startsWith('mag')) continue; // of their tables only hashes are known
        const { entry } = recordedEntry(map, key, value);
        if (op === '-') watch.delete(entry.map, entry.key);
        else {
          watch.set(entry.map, entry.key, entry.value);
          written.push(entry);
        }
        if (watch.problems().length > 0) dangling = true;
      }
      names = namesOf(written, names, true);
      return dangling;
    },
  };
}
