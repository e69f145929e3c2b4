// What an import costs: the packages that promise no native code load none, and little else; measured on what is built.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { entryPoints, importCost } from '../release/import-cost.ts';
import type { Step } from './step.ts';

/** Entry points of these packages load no native code. Of others, those that are named. */
const pure = ['packages/maps', 'packages/maglev', 'packages/k8s-sync'];
const pureEntries = ['libbpf-ts/elf', 'libbpf-ts/btf'];

/** Milliseconds of processor time that importing takes at most: other than the time on the clock, it is the same under load. */
const limitMs = 50;
export const imports: Step = {
  name: 'imports',
  run: () => {
    const entries = [...pure.flatMap(entryPoints), ...pureEntries];
    return [...entries.flatMap(checkImport), ...checkHelp()];
  },
};

function checkImport(specifier: string): string[] {
  // Kits for tests may bring servers with them.
  const limit = /\/testing(\/|$)/.test(specifier) ? Number.POSITIVE_INFINITY : limitMs;
  const { cpuMs, native } = importCost(specifier, limit);
  console.log(`      import of ${specifier}: ${cpuMs.toFixed(1)} ms`);
  const problems = native.map((file) => `importing ${specifier} loads native code: ${file}`);
  if (cpuMs > limit) problems.push(`importing ${specifier} takes ${cpuMs.toFixed(1)} ms, more than ${limit}`);
  return problems;
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
