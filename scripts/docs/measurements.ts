// Results of benchmarks that are kept in docs/measurements: a file per suite, written by `npm run docs -- measure`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from '../bench-row.ts';
import { repository } from './markdown-files.ts';

export interface Measurement {
  readonly suite: string;
  /** ISO day. */
  readonly date: string;
  readonly commit: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly kernel: string;
    readonly node: string;
    /** Load average of a minute before the suite began: much above 0, and others took time from it. */
    readonly loadBefore: number;
  };
  readonly rows: readonly BenchRow[];
}

/** Suites of scripts/bench.ts that the page of performance is made from, in its order. */
export const suites = ['datapath', 'forward', 'sync', 'maps', 'maglev', 'introspection'] as const;

const folder = join(repository, 'docs/measurements');

export function readMeasurements(): Measurement[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  const found = files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Measurement);
  const place = ({ suite }: Measurement) => (suites as readonly string[]).indexOf(suite);
  return found.sort((a, b) => place(a) - place(b));
}

/** Runs a suite in a process of its own and keeps its rows. Returns what went wrong, or undefined. */
export function measure(suite: string): string | undefined {
  const loadBefore = Math.round(loadavg()[0]! * 100) / 100;
  const bench = join(repository, 'scripts/bench.ts');
  const options = ['--conditions=@lbx/source', bench, suite, '--json'];
  const result = spawnSync(process.execPath, options, {
    encoding: 'utf8',
    cwd: repository,
    maxBuffer: 64 << 20,
  });
  if (result.status !== 0)
    return `bench ${suite} ended with ${result.status ?? result.signal}\n${result.stderr}`;
  const rows = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as BenchRow);
  const measurement: Measurement = {
    suite,
    date: new Date().toISOString().slice(0, 10),
    commit:
      git('rev-parse', '--short=10', 'HEAD') +
      (git('status', '--porcelain', '-uno') === '' ? '' : ' with changes'),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: cpus().length,
      kernel: release(),
      node: process.version,
      loadBefore,
    },
    rows,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${suite}.json`), `${JSON.stringify(measurement, null, 2)}\n`);
  return undefined;
}

const git = (...args: string[]): string =>
  spawnSync('git', args, { cwd: repository, encoding: 'utf8' }).stdout.trim();
