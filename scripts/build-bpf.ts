// Builds the BPF objects that are kept in the tree, with the pinned compiler:
//   node --conditions=@lbx/source scripts/build-bpf.ts [--check] [NAME…]
// bpf/NAME.bpf.c becomes bpf/prebuilt/NAME.bpf.o, and so in bpf/bench and bpf/test (those of
// `families` NAME4 and NAME6, by -DLBX_FAMILY),
// and each folder's manifest.json says how. With names, only those are built and the others' entries stay.
// --check builds a copy of the sources in a temporary folder instead and compares byte for byte.
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compileObject } from './build-bpf/compile.ts';
import { type BuildManifest, describeObject, diffManifest, formatManifest } from './build-bpf/manifest.ts';
import { findToolchain, type Toolchain } from './build-bpf/toolchain.ts';

/** Folders with sources; objects go to the folder's `prebuilt`. */
const folders = ['bpf', 'bpf/bench', 'bpf/test'] as const;

/** Sources that are compiled once for each of these address families, see bpf/include/lbx/family.h. */
const families: Readonly<Record<string, readonly number[]>> = {
  'bpf/xdp.bpf.c': [4, 6],
  'bpf/tc.bpf.c': [4, 6],
  'bpf/pod.bpf.c': [4, 6],
  'bpf/sweep.bpf.c': [4, 6],
  'bpf/bench/wrap.bpf.c': [4, 6],
  'bpf/bench/flows.bpf.c': [4, 6],
  'bpf/test/flow-table.bpf.c': [4, 6],
};

interface Target {
  readonly folder: string;
  /** Of the object. */
  readonly name: string;
  /** From the root. */
  readonly source: string;
  readonly defines: readonly string[];
}

const root = resolve(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
});

try {
  process.exitCode = main();
} catch (error) {
  console.error(`build-bpf: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

function main(): number {
  const targets = chooseTargets(positionals);
  const toolchain = findToolchain();
  return values.check ? check(targets, toolchain) : build(targets, toolchain);
}

function chooseTargets(names: readonly string[]): Target[] {
  const all = folders.flatMap((folder) =>
    globSync('*.bpf.c', { cwd: join(root, folder) })
      .sort()
      .flatMap((file) => targetsOf(folder, file)),
  );
  const unknown = names.filter((name) => !all.some((target) => target.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `no source for '${unknown.join("', '")}'; there are: ${all.map(({ name }) => name).join(', ')}`,
    );
  }
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
}

function targetsOf(folder: string, file: string): Target[] {
  const name = basename(file, '.bpf.c');
  const source = `${folder}/${file}`;
  return (
    families[source]?.map((family) => ({
      folder,
      name: `${name}${family}`,
      source,
      defines: [`-DLBX_FAMILY=${family}`],
    })) ?? [{ folder, name, source, defines: [] }]
  );
}

function build(targets: readonly Target[], toolchain: Toolchain): number {
  for (const folder of folders) {
    const chosen = targets.filter((target) => target.folder === folder);
    if (chosen.length === 0) continue;
    const prebuilt = join(root, folder, 'prebuilt');
    mkdirSync(prebuilt, { recursive: true });
    const objects = { ...readManifest(prebuilt)?.objects };
    // All are compiled before any is written: a broken source leaves objects and manifest as they were.
    const compiled = chosen.map((target) => ({
      target,
      object: compileObject(root, target.source, toolchain, target.defines),
    }));
    for (const { target, object } of compiled) {
      const { name } = target;
      writeFileSync(join(prebuilt, `${name}.bpf.o`), object.bytes);
      objects[name] = describeObject(root, target, object);
      console.log(`built ${folder}/prebuilt/${name}.bpf.o (${object.bytes.length} bytes)`);
    }
    for (const name of Object.keys(objects)) {
      if (chooseTargets([]).some((target) => target.folder === folder && target.name === name)) continue;
      delete objects[name];
      rmSync(join(prebuilt, `${name}.bpf.o`), { force: true });
      console.log(`removed ${folder}/prebuilt/${name}.bpf.o: its source is gone`);
    }
    writeFileSync(join(prebuilt, 'manifest.json'), formatManifest(toolchain, objects));
  }
  return 0;
}

/** Another folder is used on purpose: objects must not depend on where the checkout lies. */
function check(targets: readonly Target[], toolchain: Toolchain): number {
  const copy = mkdtempSync(join(tmpdir(), 'lbx-bpf-check-'));
  const problems: string[] = [];
  try {
    cpSync(join(root, 'bpf'), join(copy, 'bpf'), {
      recursive: true,
      filter: (path) => !['node_modules', 'dist', 'prebuilt'].includes(basename(path)),
    });
    for (const folder of folders) {
      const chosen = targets.filter((target) => target.folder === folder);
      const prebuilt = join(root, folder, 'prebuilt');
      const manifest = readManifest(prebuilt);
      for (const target of chosen) {
        problems.push(...checkObject(copy, prebuilt, manifest, target, toolchain));
      }
      if (positionals.length > 0) continue;
      for (const name of Object.keys(manifest?.objects ?? {})) {
        if (chosen.some((target) => target.name === name)) continue;
        problems.push(`${folder}/prebuilt/manifest.json lists ${name}, which has no source`);
      }
      for (const file of globSync('*.o', { cwd: prebuilt })) {
        if (!chosen.some(({ name }) => file === `${name}.bpf.o`))
          problems.push(`${folder}/prebuilt/${file} has no source`);
      }
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  for (const problem of problems) console.error(`build-bpf: ${problem}`);
  if (problems.length === 0) console.log(`${targets.length} objects are what their sources give`);
  else console.error('build-bpf: rebuild with: node --conditions=@lbx/source scripts/build-bpf.ts');
  return problems.length === 0 ? 0 : 1;
}

function checkObject(
  copy: string,
  prebuilt: string,
  manifest: BuildManifest | undefined,
  target: Target,
  toolchain: Toolchain,
): string[] {
  const { folder, name, source, defines } = target;
  const path = join(prebuilt, `${name}.bpf.o`);
  const shown = `${folder}/prebuilt/${name}.bpf.o`;
  if (!existsSync(path)) return [`${shown} is missing`];
  const compiled = compileObject(copy, source, toolchain, defines);
  const problems = diffManifest(manifest, toolchain, name, describeObject(copy, target, compiled));
  const kept = readFileSync(path);
  if (!kept.equals(compiled.bytes)) {
    const at = compiled.bytes.findIndex((byte, index) => byte !== kept[index]);
    problems.unshift(
      `${shown} differs from what its sources give: ${kept.length} bytes kept, ${compiled.bytes.length} built, first difference at byte ${at === -1 ? compiled.bytes.length : at}`,
    );
  }
  return problems;
}

function readManifest(prebuilt: string): BuildManifest | undefined {
  const path = join(prebuilt, 'manifest.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as BuildManifest) : undefined;
}
