// manifest.json: how the objects beside it were made, and out of what.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CompiledObject, flags } from './compile.ts';
import type { Toolchain } from './toolchain.ts';

export interface ObjectEntry {
  readonly file: string;
  readonly size: number;
  readonly sha256: string;
  readonly source: string;
  /** Flags of this object alone. */
  readonly defines?: readonly string[];
  /** Path from the repository's root → SHA-256, of the source and of each header of ours. */
  readonly sources: Readonly<Record<string, string>>;
}

export interface BuildManifest {
  readonly compiler: string;
  readonly strip: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  readonly objects: Readonly<Record<string, ObjectEntry>>;
}

export function describeObject(
  root: string,
  { name, source, defines }: Pick<ObjectEntry, 'source'> & { name: string; defines: readonly string[] },
  compiled: CompiledObject,
): ObjectEntry {
  const sources = compiled.sources.map((file) => [file, sha256(readFileSync(join(root, file)))] as const);
  return {
    file: `${name}.bpf.o`,
    size: compiled.bytes.length,
    sha256: sha256(compiled.bytes),
    source,
    ...(defines.length > 0 ? { defines } : {}),
    sources: Object.fromEntries(sources),
  };
}

/** The text of manifest.json; objects in the order of their names. */
export function formatManifest(toolchain: Toolchain, objects: Readonly<Record<string, ObjectEntry>>): string {
  const manifest: BuildManifest = {
    compiler: toolchain.compiler,
    strip: toolchain.strip,
    headers: toolchain.headers,
    flags,
    objects: Object.fromEntries(Object.entries(objects).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/**
 * What the manifest says otherwise than `built`. Versions of header packages are no difference by
 * themselves (the bytes tell), but they are named beside one, being its likely cause.
 */
export function diffManifest(
  manifest: BuildManifest | undefined,
  toolchain: Toolchain,
  name: string,
  built: ObjectEntry,
): string[] {
  const kept = manifest?.objects[name];
  if (manifest === undefined || kept === undefined) return [`the manifest has no object '${name}'`];
  const problems: string[] = [];
  if (manifest.compiler !== toolchain.compiler) problems.push(`${name}: built with '${manifest.compiler}'`);
  if (manifest.flags.join(' ') !== flags.join(' ')) problems.push(`${name}: built with other flags`);
  if (kept.defines?.join(' ') !== built.defines?.join(' '))
    problems.push(`${name}: built with other defines`);
  if (kept.sha256 !== built.sha256)
    problems.push(`${name}: the manifest has SHA-256 ${kept.sha256}, built is ${built.sha256}`);
  const files = new Set([...Object.keys(kept.sources), ...Object.keys(built.sources)]);
  const changed = [...files].filter((file) => kept.sources[file] !== built.sources[file]).sort();
  if (changed.length > 0) problems.push(`${name}: changed since it was built: ${changed.join(', ')}`);
  if (problems.length > 0) {
    for (const [header, version] of Object.entries(manifest.headers)) {
      const here = toolchain.headers[header];
      if (here !== version) problems.push(`${name}: built with ${header} ${version}, here is ${here}`);
    }
  }
  return problems;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
