import { catalog, type ServiceMapName } from '../catalog.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { endpointName } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import type { Entry } from '../project/entry.ts';
import { type EntryNames, entryText, namesOf } from './entry-texts.ts';
import { createCallWatch, type RecordedState, recordedState } from './recorded-state.ts';
import { runSequence, type StepOutcome } from './run-sequence.ts';
import type { Sequence, SequenceCall } from './sequence.ts';
import { sha256 } from './sha256.ts';

/** What came of one sequence. */
export interface SequenceVerification {
  /** One line each, the step in front: `+` an entry that only we have, `-` one that only the recording has. */
  readonly differences: readonly string[];
  /** Recorded calls, and how many of them passed through a state in which a slot within a count led to no backend. */
  readonly calls: number;
  readonly dangling: number;
  /** Our writes; after each of them every slot led to a backend, or `differences` says so. */
  readonly writes: number;
}

/**
 * Runs a sequence on memory tables and compares, after every step, what they hold with what the reference implementation
 * left in its maps, up to the choice of ids and with its leftovers (`residue`) undone.
 *
 * What is refused must be refused by both; what a frontend had before it was refused is left in our tables, while the
 * reference leaves a part of what it was to become: entries of refused frontends are not compared.
 */
export function verifySequence({ config = {}, steps, ids }: Sequence): SequenceVerification {
  const run = runSequence(config);
  const watch = createCallWatch(ids);
  const there: Calls = { refused: new Set(), accepted: new Set() };
  const differences: string[] = [];
  let calls = 0;
  let dangling = 0;
  let writes = 0;
  for (const [i, step] of steps.entries()) {
    for (const call of step.calls ?? []) {
      calls++;
      if (watch.follow(call)) dangling++;
      noteCall(call, there);
    }
    const outcome = run.step(step.do);
    writes += outcome.writes;
    const found = [...outcome.problems, ...compareRefusals(outcome, there)];
    found.push(...compareLines(outcome, recordedState(step, watch.names)));
    for (const one of found) differences.push(`step ${i + 1}: ${one}`);
  }
  return { differences, calls, dangling, writes };
}

/** Frontends by what became of them. What the reference refuses at the door has no call, and is in neither. */
interface Calls {
  readonly refused: Set<string>;
  readonly accepted: Set<string>;
}

/** The last call of a frontend tells whether it is refused. */
function noteCall({ call, frontend, error }: SequenceCall, { refused, accepted }: Calls): void {
  if (frontend === undefined) return;
  refused.delete(frontend);
  accepted.delete(frontend);
  if (error !== undefined) refused.add(frontend);
  else if (call === 'update') accepted.add(frontend);
}

function* compareRefusals(
  { projection, frontends }: StepOutcome,
  { refused, accepted }: Calls,
): IterableIterator<string> {
  const ours = new Map(projection.refused.map(({ name, error }) => [name, error.message]));
  for (const name of frontends.map(nameOf)) {
    if (refused.has(name) && !ours.has(name)) yield `${name} is not refused`;
  }
  for (const [name, message] of ours) if (accepted.has(name)) yield `${name} is refused: ${message}`;
}

function* compareLines(
  { snapshot, projection }: StepOutcome,
  { lines, backendIds }: RecordedState,
): IterableIterator<string> {
  const isCompared = comparedLines(
    projection.refused.flatMap(({ names }) => names),
    projection.backends.values(),
  );
  const left = new Set([...lines].filter(isCompared));
  const entries = [...snapshot.entries.values()];
  const names = namesOf(entries);
  for (const entry of entries) {
    const line = entryText(entry, names);
    if (!isCompared(line) || left.delete(line)) continue;
    const hashed =
      entry.value instanceof Uint32Array ? hashedTable(entry, line, names, backendIds) : undefined;
    if (hashed === undefined || !left.delete(hashed)) yield `+ ${line}`;
  }
  for (const line of left) yield `- ${line}`;
}

/** Which lines are compared: all, but for those of refused frontends and of backends that only they use. */
function comparedLines(refused: readonly string[], backends: Iterable<Entry>): (line: string) => boolean {
  if (refused.length === 0) return () => true;
  const names = new Set(refused);
  const used = new Set(namesOf(backends).backends.values());
  return (line) => {
    const [what, name = ''] = line.split(' ');
    return what === 'backend' ? used.has(name) : !names.has(name);
  };
}

/** A Maglev table with the reference's ids in it, hashed as the recording has it. */
function hashedTable(
  { map, value }: Entry,
  line: string,
  { backends }: EntryNames,
  theirIds: ReadonlyMap<string, number>,
): string {
  const renamed = (value as Uint32Array).map((id) => theirIds.get(backends.get(id) ?? '') ?? 0);
  const layout: AnyLayout = catalog[map as ServiceMapName];
  const hash = sha256().update(layout.value.encode(renamed, {})).digest('hex');
  return `${line.split(' => ')[0]} => sha256:${hash}`;
}

function nameOf({ address, port, protocol, scope }: Frontend): string {
  return endpointName(address, port, protocol, scope);
}
