import { catalog, type ServiceMapName } from '../catalog.ts';
import { parseHex } from '../codec/bytes.ts';
import { MapsError } from '../errors.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import type { Entry } from '../project/entry.ts';
import { type CaseConfig, vectorMaps } from '../project/project-case.ts';

/** One call of the reference implementation, with every write that it made. */
export interface SequenceCall {
  readonly call: 'update' | 'delete' | 'prune';
  readonly frontend?: string;
  readonly error?: string;
  /** `[op, map, key, value]`; `+`, `~` and `=` write, `-` deletes, `0` and `!` did nothing. */
  readonly ops?: readonly (readonly [op: string, map: string, key: string, value?: string])[];
}

/** What changes in a step. */
export type SequenceAction =
  | { readonly set: unknown }
  | { readonly remove: string }
  | { readonly nodeAddrs: readonly string[] }
  | { readonly restart: true }
  | { readonly prune: true }
  | { readonly retry: true };

/** One step: changes, then the calls, then what the maps hold. */
export interface SequenceStep {
  readonly do: readonly SequenceAction[];
  readonly calls?: readonly SequenceCall[];
  readonly entries?: Readonly<Record<string, readonly (readonly [string, string])[]>>;
  /** `+` an entry that only this history left, `-` one that a fresh start would have. */
  readonly residue?: readonly string[];
}

/** One line of vectors/cilium-project-steps.jsonl. */
export interface Sequence {
  readonly name: string;
  readonly config?: CaseConfig;
  readonly steps: readonly SequenceStep[];
  /** Ids and the names that they had. */
  readonly ids?: Readonly<Record<'services' | 'backends', Readonly<Record<string, string>>>>;
}

const actions = ['set', 'remove', 'nodeAddrs', 'restart', 'prune', 'retry'];

/** Looks the shape of a line over, so that a file of another format is told apart from one that differs. */
export function readSequence(value: { readonly name: string; readonly steps: unknown }): Sequence {
  const wrong = (what: string) =>
    new MapsError(
      'LBX_VECTORS',
      `no sequence of steps: ${what}; expected { name, steps: [{ do, calls, entries }] }`,
    );
  if (!Array.isArray(value.steps) || value.steps.length === 0) throw wrong('steps is no list, or empty');
  for (const [i, step] of value.steps.entries()) {
    const list = (step as SequenceStep | null)?.do;
    if (!Array.isArray(list)) throw wrong(`steps[${i}].do is no list`);
    for (const action of list) {
      const kind = Object.keys(action ?? {})[0] ?? 'nothing';
      if (!actions.includes(kind))
        throw wrong(`steps[${i}].do has ${kind}, which is none of ${actions.join(', ')}`);
    }
  }
  return value as Sequence;
}

/** A recorded entry, decoded. Of a Maglev table only the hash is known: `table`. */
export interface RecordedEntry {
  readonly entry: Entry;
  readonly table?: string;
}

/** Decodes an entry of a dump, or a write of a call. */
export function recordedEntry(short: string, key: string, value?: string): RecordedEntry {
  const map = (vectorMaps[short] ?? short) as ServiceMapName;
  const layout: AnyLayout | undefined = catalog[map];
  if (layout === undefined) throw new MapsError('LBX_VECTORS', `no layout for a map ${short}`);
  const keyValue = layout.key.decode(parseHex(key));
  const table = value?.startsWith('sha256:') ? value : undefined;
  const known =
    value === undefined || table !== undefined ? {} : layout.value.decode(parseHex(value), keyValue);
  return { entry: { map, key: keyValue, value: known } as Entry, ...(table === undefined ? {} : { table }) };
}
