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
/** Runs while the least is above what is looked for: other machines on the same host make this one slow for seconds. */
const mostRuns = 40;

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
 * @param limitMs how much it should be at most: as long as it is more, it is measured again
 * @throws Error when it cannot be imported, with what Node said
 */
export function importCost(specifier: string, limitMs = Number.POSITIVE_INFINITY): Cost {
  let { cpuMs, native } = measure(specifier);
  for (let run = 1; run < runs || (cpuMs > limitMs && run < mostRuns); run++)
    cpuMs = Math.min(cpuMs, measure(specifier).cpuMs);
  return { cpuMs, native };
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
