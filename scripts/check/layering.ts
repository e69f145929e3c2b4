// Which package may import which: the table of ARCHITECTURE.md, held against manifests and imports.
import { globSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import type { Step } from './step.ts';

/** Folder → our packages that its sources may import (tests and benches may use all of them). */
const allowed: Record<string, readonly string[]> = {
  'packages/libbpf-ts': [],
  bpf: [],
  'packages/maglev': [],
  'packages/testing': [],
  'packages/maps': ['@lbx/maglev'],
  'packages/k8s-sync': ['@lbx/maps'],
  'packages/core': ['@lbx/maps', '@lbx/bpf', 'libbpf-ts'],
  'packages/cli': ['@lbx/core', '@lbx/k8s-sync', '@lbx/maps', '@lbx/maglev', '@lbx/bpf', 'libbpf-ts'],
};
/** Bundled into what tests import from a package, so that nobody needs it installed: files below `src/testing` may import it. */
const bundled = '@lbx/testing';
/** Packages that must work without root: nothing native may be reachable from them. */
const native = ['koffi', 'libbpf-ts'];
const pure = ['packages/maps', 'packages/maglev', 'packages/k8s-sync'];

export const layering: Step = {
  name: 'layering',
  run: () => Object.keys(allowed).flatMap((folder) => [...checkManifest(folder), ...checkImports(folder)]),
};

interface Manifest {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const isOurs = (name: string) => name.startsWith('@lbx/') || name === 'libbpf-ts';
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;
}

function dependenciesOf(folder: string): string[] {
  return Object.keys(readManifest(folder).dependencies ?? {});
}

function checkManifest(folder: string): string[] {
  return dependenciesOf(folder)
    .filter(
      (name) =>
        (isOurs(name) && !allowed[folder]?.includes(name)) ||
        (pure.includes(folder) && native.includes(name)),
    )
    .map((name) => `${folder}/package.json depends on ${name}, which its layer may not use`);
}

function checkImports(folder: string): string[] {
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = readManifest(folder);
  const problems: string[] = [];
  for (const file of globSync(`${folder}/src/**/*.ts`).sort()) {
    if (/\.(test|test-d)\.ts$/.test(file)) continue;
    const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
    for (const { fileName } of importedFiles) {
      if (fileName.startsWith('.') || fileName.startsWith('node:')) continue;
      const name = packageOf(fileName);
      const inKit = file.startsWith(`${folder}/src/testing/`);
      if (inKit && (name === bundled ? name in devDependencies : name in peerDependencies)) continue;
      if (isOurs(name) && !allowed[folder]?.includes(name))
        problems.push(`${file} imports ${name}, which its layer may not use`);
      else if (!(name in dependencies) && name !== 'vitest')
        problems.push(`${file} imports ${name}, which package.json does not declare`);
    }
  }
  return problems;
}
