import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Everything outside the package that a source file imports, directly or through other files. */
function outsideImports(entry: URL, seen = new Set<string>()): Set<string> {
  const outside = new Set<string>();
  if (seen.has(entry.href)) return outside;
  seen.add(entry.href);
  const source = readFileSync(entry, 'utf8');
  for (const [, typeOnly, specifier] of source.matchAll(
    /^(?:import|export)( type)? [^;]*?from '([^']+)';$/gms,
  )) {
    if (typeOnly !== undefined) continue;
    if (!specifier!.startsWith('.')) outside.add(specifier!);
    else for (const found of outsideImports(new URL(specifier!, entry), seen)) outside.add(found);
  }
  return outside;
}

test.each([
  ['elf.ts', ['binary-parser', 'node:fs']],
  ['btf.ts', ['binary-parser']],
])('%s imports nothing native', (file, expected) => {
  expect([...outsideImports(new URL(`../src/${file}`, import.meta.url))].sort()).toEqual(expected);
});
