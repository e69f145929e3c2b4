// What an import costs: the packages that promise no native code load none, and little else; measured on what is built.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Step } from './step.ts';

/** Entry points of these packages load no native code. Of others, those that are named. */
const pure = ['packages/maps', 'packages/maglev', 'packages/k8s-sync'];
const pureEntries = ['libbpf-ts/elf', 'libbpf-ts/btf'];

/** Milliseconds of processor time that importing takes at most: other than the time on the clock, it is the same under load. */
const limitMs = 50;
/** The least of so many runs counts. */
const runs = 5;

export const imports: Step = {
  name: 'imports',
  run: () => {
    const entries = [...pure.flatMap(entryPoints), ...pureEntries];
    return [...entries.flatMap(checkImport), ...checkHelp()];
  },
};

interface Exports {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** "@lbx/maps", "@lbx/maps/testing" */
export function entryPoints(folder: string): string[] {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Exports;
  return Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => name + path.slice(1));
}

interface Cost {
  readonly cpuMs: number;
  readonly native: readonly string[];
}

function checkImport(specifier: string): string[] {
  const found: Cost[] = [];
  for (let run = 0; run < runs; run++) {
    const measured = measure(specifier);
    if (typeof measured === 'string') return [measured];
    found.push(measured);
  }
  const cpuMs = Math.min(...found.map((cost) => cost.cpuMs));
  const native = found[0]!.native;
  console.log(`      import of ${specifier}: ${cpuMs.toFixed(1)} ms`);
  const problems = native.map((file) => `importing ${specifier} loads native code: ${file}`);
  // Kits for tests may bring servers with them.
  if (cpuMs > limitMs && !/\/testing(\/|$)/.test(specifier))
    problems.push(`importing ${specifier} takes ${cpuMs.toFixed(1)} ms, more than ${limitMs}`);
  return problems;
}

function measure(specifier: string): Cost | string {
  const script = `
    const before = process.cpuUsage();
    await import(${JSON.stringify(specifier)});
    const { user, system } = process.cpuUsage(before);
    const { sharedObjects } = process.report.getReport();
    const native = sharedObjects.filter((path) => /\\.node$|koffi|libbpf/.test(path));
    console.log(JSON.stringify({ cpuMs: (user + system) / 1000, native }));`;
  // From the root of the checkout, which depends on all packages.
  const result = spawnSync('node', ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  if (result.status !== 0) return `importing ${specifier} failed: ${result.stderr}`;
  return JSON.parse(result.stdout) as Cost;
}

/** `lbx --help` says what there is, and loads nothing of it. */
function checkHelp(): string[] {
  const script = `
    process.argv = [process.execPath, 'lbx', '--help'];
    await import(${JSON.stringify(join(process.cwd(), 'packages/cli/bin/lbx.js'))});
    process.on('exit', () => console.error(JSON.stringify(process.report.getReport().sharedObjects)));`;
  const result = spawnSync('node', ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  if (result.status !== 0) return [`lbx --help failed: ${result.stderr}`];
  const native = (JSON.parse(result.stderr) as string[]).filter((path) => /\.node$|koffi|libbpf/.test(path));
  return native.map((file) => `lbx --help loads native code: ${file}`);
}
