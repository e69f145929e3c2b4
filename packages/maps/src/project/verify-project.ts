import { createHash } from 'node:crypto';
import { catalog, type ServiceMapName } from '../catalog.ts';
import { toHex } from '../codec/bytes.ts';
import { createIds } from '../ids/ids.ts';
import { endpointName } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import type { Entry } from './entry.ts';
import { project } from './project.ts';
import { caseFrontends, caseOptions, type ProjectCase, vectorMaps } from './project-case.ts';

/** How many cases of a file agree, and the first differences. */
export interface ProjectVerification {
  readonly passed: number;
  readonly failed: number;
  /** One line each: case, `+` an entry that only we have, `-` one that only the vector has. */
  readonly firstDifferences: readonly string[];
}

/**
 * Projects every case of a file like vectors/cilium-project.jsonl and compares all entries, byte for byte, with those
 * that Cilium wrote. Ids are a matter of taste, so ours start out with Cilium's. Of a frontend that was refused Cilium
 * leaves what it wrote before the error; we write nothing: the refusal must agree and all other entries must.
 *
 * @param limit how many differences to keep
 */
export function verifyProject(lines: Iterable<string>, limit = 20): ProjectVerification {
  let passed = 0;
  let failed = 0;
  const differences: string[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    const { name, found } = verifyLine(line);
    if (found.length === 0) passed++;
    else failed++;
    for (const difference of found)
      if (differences.length < limit) differences.push(`${name}: ${difference}`);
  }
  return { passed, failed, firstDifferences: differences };
}

function verifyLine(line: string): { name: string; found: string[] } {
  let name = line.slice(0, 60);
  try {
    const given = JSON.parse(line) as ProjectCase;
    name = given.name;
    return { name, found: verifyCase(given) };
  } catch (error) {
    return { name, found: [error instanceof Error ? error.message : String(error)] };
  }
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
  const text = isTable ? `sha256:${createHash('sha256').update(bytes).digest('hex')}` : toHex(bytes);
  return [`${map} ${toHex(keyCodec.encode(key))}`, text];
}
