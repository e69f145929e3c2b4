import { catalog, type ServiceMapName } from '../catalog.ts';
import { toHex } from '../codec/bytes.ts';
import { MapsError } from '../errors.ts';
import { createIds } from '../ids/ids.ts';
import { endpointName } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import { readSequence } from '../verify/sequence.ts';
import { sha256 } from '../verify/sha256.ts';
import { type SequenceVerification, verifySequence } from '../verify/verify-sequence.ts';
import type { Entry } from './entry.ts';
import { project } from './project.ts';
import { caseFrontends, caseOptions, type ProjectCase, vectorMaps } from './project-case.ts';

/** How many lines of a file agree, and the first differences. */
export interface ProjectVerification {
  readonly passed: number;
  readonly failed: number;
  /** One line each: case, `+` an entry that only we have, `-` one that only the vector has. */
  readonly firstDifferences: readonly string[];
  /** Of sequences of steps: calls of the reference, how many of them passed a dangling slot, and our own writes. */
  readonly calls: number;
  readonly danglingCalls: number;
  readonly writes: number;
}

/**
 * Projects every case of a file like vectors/cilium-project.jsonl, and runs every sequence of one like
 * vectors/cilium-project-steps.jsonl, and compares all entries, byte for byte, with those that Cilium wrote.
 *
 * In a case ids are a matter of taste, so ours start out with Cilium's. Of a frontend that was refused Cilium leaves what
 * it wrote before the error; we write nothing: the refusal must agree and all other entries must. For sequences see
 * verifySequence.
 *
 * @param limit how many differences to keep
 * @throws MapsError `LBX_VECTORS` naming the first line that is neither a case nor a sequence
 */
export function verifyProject(lines: Iterable<string>, limit = 20): ProjectVerification {
  const sum = { passed: 0, failed: 0, calls: 0, danglingCalls: 0, writes: 0 };
  const differences: string[] = [];
  let number = 0;
  for (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    const { name, found, run } = verifyLine(line, number);
    if (found.length === 0) sum.passed++;
    else sum.failed++;
    sum.calls += run?.calls ?? 0;
    sum.danglingCalls += run?.dangling ?? 0;
    sum.writes += run?.writes ?? 0;
    for (const difference of found)
      if (differences.length < limit) differences.push(`${name}: ${difference}`);
  }
  return { ...sum, firstDifferences: differences };
}

interface LineVerification {
  readonly name: string;
  readonly found: readonly string[];
  readonly run?: SequenceVerification;
}

function verifyLine(line: string, number: number): LineVerification {
  const given = parseLine(line, number);
  const { name } = given;
  try {
    if (!('steps' in given)) return { name, found: verifyCase(given) };
    const run = verifySequence(readSequence(given));
    return { name, found: run.differences, run };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof MapsError && error.code === 'LBX_VECTORS')
      throw new MapsError('LBX_VECTORS', `line ${number}, ${name}: ${message}`, { cause: error });
    return { name, found: [message] };
  }
}

/** A case has a result, a sequence has steps. */
function parseLine(line: string, number: number): ProjectCase | { name: string; steps: unknown } {
  const expected = 'expected { name, services, result } or { name, steps }';
  const wrong = (what: string) => new MapsError('LBX_VECTORS', `line ${number} ${what}; ${expected}`);
  let given: (Partial<ProjectCase> & { steps?: unknown }) | null;
  try {
    given = JSON.parse(line);
  } catch (error) {
    throw wrong(`is not JSON: ${(error as Error).message}`);
  }
  const isCase = typeof given?.result?.entries === 'object' && given.result.entries !== null;
  if (typeof given?.name !== 'string' || !(isCase || given.steps !== undefined))
    throw wrong('is no such vector');
  return given as ProjectCase;
}

function verifyCase(given: ProjectCase): string[] {
  const { ids: names, selected = {}, errors = {}, entries } = given.result;
  const ids = createIds();
  for (const [name, id] of Object.entries(names?.services ?? {})) ids.frontends.restore(name, id);
  for (const [name, id] of Object.entries(names?.backends ?? {})) ids.backends.restore(name, id);
  const frontends = caseFrontends(given);
  const ours = project(frontends, caseOptions(given.config), ids);

  const found: string[] = [];
  const refused = new Map(ours.refused.map(({ name, error }) => [name, error.message]));
  const expected = frontends.filter(
    (frontend) => nameOf(frontend) in errors || !(nameOf(frontend) in selected),
  );
  for (const name of expected.map(nameOf)) {
    if (!refused.delete(name)) found.push(`${name} is not refused: ${errors[name] ?? 'not selected'}`);
  }
  for (const [name, message] of refused) found.push(`${name} is refused: ${message}`);

  const left = new Map<string, string>();
  for (const entry of ours.entries.values()) left.set(...encoded(entry));
  const isLeftover = leftoversOf(expected);
  for (const [short, list] of Object.entries(entries)) {
    for (const [key, value, text] of list) {
      const id = `${vectorMaps[short] ?? short} ${key}`;
      if (left.get(id) === value) left.delete(id);
      else if (left.has(id) || !isLeftover(text)) found.push(`- ${id} ${value} (${text})`);
    }
  }
  for (const [id, value] of left) found.push(`+ ${id} ${value}`);
  return found;
}

function nameOf({ address, port, protocol, scope }: Frontend): string {
  return endpointName(address, port, protocol, scope);
}

/** Tells by its text whether an entry may be what a refused update left: `svc NAME ...`, `backend NAME ...`. */
function leftoversOf(refused: readonly Frontend[]): (text: string) => boolean {
  const names = new Set(refused.map(nameOf));
  const backends = new Set(
    refused.flatMap((frontend) => frontend.backends).map((b) => endpointName(b.address, b.port, b.protocol)),
  );
  return (text) => {
    const [what, name = ''] = text.split(' ');
    return (what === 'backend' ? backends : names).has(name);
  };
}

function encoded({ map, key, value }: Entry): [string, string] {
  const { key: keyCodec, value: valueCodec } = catalog[map as ServiceMapName] as unknown as {
    key: { encode(key: unknown): Uint8Array };
    value: { encode(value: unknown, key: unknown): Uint8Array };
  };
  const bytes = valueCodec.encode(value, key);
  const isTable = value instanceof Uint32Array;
  const text = isTable ? `sha256:${sha256().update(bytes).digest('hex')}` : toHex(bytes);
  return [`${map} ${toHex(keyCodec.encode(key))}`, text];
}
