import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What importing a module costs, in a process of its own. */
export interface Cost {
  /** Processor time: other than the time on the clock, it is the same under load. The least of some runs. */
  readonly cpuMs: number;
  /** Files with native code that it loads. */
  readonly native: readonly string[];
}

const runs = 5;

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** "@lbx/maps", "@lbx/maps/testing" */
export function entryPoints(folder: string): string[] {
  const { name, exports } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as Manifest;
  return Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => name + path.slice(1));
}

/**
 * Imports what is built, from the root of the checkout, which depends on all packages.
 *
 * @throws Error when it cannot be imported, with what Node said
 */
export function importCost(specifier: string): Cost {
  const costs = Array.from({ length: runs }, () => measure(specifier));
  return { cpuMs: Math.min(...costs.map(({ cpuMs }) => cpuMs)), native: costs[0]!.native };
}

function measure(specifier: string): Cost {
  const script = `
    const before = process.cpuUsage();
    await import(${JSON.stringify(specifier)});
    const { user, system } = process.cpuUsage(before);
    const { sharedObjects } = process.report.getReport();
    const native = sharedObjects.filter((path) => /\\.node$|koffi|libbpf/.test(path));
    console.log(JSON.stringify({ cpuMs: (user + system) / 1000, native }));`;
  const result = spawnSync('node', ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`importing ${specifier} failed: ${result.stderr}`);
  return JSON.parse(result.stdout) as Cost;
}
