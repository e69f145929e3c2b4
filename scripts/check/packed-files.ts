// What is in a tarball: every file is one that an entry point leads to, or one that people read.
import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import ts from 'typescript';
import type { PackedPackage } from '../release/pack-package.ts';

/** What people read, and what programs read by name. All else has to be imported. */
const known = [
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE(\.[\w.-]+)?)$/,
  // @lbx/cli
  /^bin\/lbx\.js$/,
  /^schema\/\w+\.schema\.json$/,
  /^demo\/manifests\/[\w-]+\.yaml$/,
  // @lbx/bpf: objects, and the sources that their licence asks for
  /^prebuilt\/([\w-]+\.bpf\.o|manifest\.json)$/,
  /^([\w-]+\.bpf\.c|include\/lbx\/[\w-]+\.h)$/,
];

interface Manifest {
  readonly exports: unknown;
  readonly bin?: Readonly<Record<string, string>>;
  readonly main?: string;
  readonly types?: string;
  readonly scripts?: unknown;
  readonly devDependencies?: unknown;
}

/** What does not belong into it, and what is missing. */
export function checkPackedFiles({ name, files, unpacked }: PackedPackage): string[] {
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as Manifest;
  const problems: string[] = [];
  const reached = new Set<string>();
  const waiting = [...pathsIn(manifest.exports), ...Object.values(manifest.bin ?? {}).map(normalize)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    if (!files.includes(file)) problems.push(`${name}: ${file} is named, and is not in the tarball`);
    else waiting.push(...importedBy(file, readFileSync(join(unpacked, file), 'utf8')));
  }
  for (const file of files)
    if (!reached.has(file) && !known.some((pattern) => pattern.test(file)))
      problems.push(`${name}: nothing uses ${file}, which is in the tarball`);
  if (!files.some((file) => file.startsWith('LICENSE'))) problems.push(`${name} is packed without a licence`);
  if (!files.includes('README.md')) problems.push(`${name} is packed without a README`);
  for (const only of ['scripts', 'devDependencies'] as const)
    if (manifest[only] !== undefined) problems.push(`${name}: its packed package.json has ${only}`);
  return problems;
}

function pathsIn(exports: unknown): string[] {
  if (typeof exports === 'string') return [normalize(exports)];
  if (typeof exports !== 'object' || exports === null) return [];
  return Object.values(exports).flatMap(pathsIn);
}

/** Files beside it that a file imports, requires, or starts as a program. */
function importedBy(file: string, text: string): string[] {
  if (!/\.(js|cjs|d\.ts|d\.cts)$/.test(file)) return [];
  const isType = /\.d\.c?ts$/.test(file);
  const { importedFiles } = ts.preProcessFile(text, true, true);
  const imported = importedFiles.map(({ fileName }) => fileName);
  const started = [...text.matchAll(/["'](\.\.?\/[\w./-]+\.js)["']/g)].map((match) => match[1]!);
  return [...imported, ...(isType ? [] : started)]
    .filter((path) => path.startsWith('.'))
    .map((path) => normalize(join(file, '..', isType ? path.replace(/\.(c?)js$/, '.d.$1ts') : path)));
}
