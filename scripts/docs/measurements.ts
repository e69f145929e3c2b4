// Results of benchmarks that are kept in docs/measurements: a file per suite, written by `npm run docs -- measure`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
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
    /** Share of all processors' time that others took in the seconds before the suite began, 0 to 1. */
    readonly busyBefore: number;
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
  const busyBefore = busyShareOnceQuiet();
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
      busyBefore,
    },
    rows,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${suite}.json`), `${JSON.stringify(measurement, null, 2)}\n`);
  return undefined;
}

/** What a suite leaves to be torn down takes some seconds; what is there after that is others'. */
function busyShareOnceQuiet(): number {
  let share = busyShare(3000);
  for (let tries = 0; tries < 8 && share > 0.02; tries++) share = busyShare(3000);
  return share;
}

/** Looked at from outside a suite, since the load average still holds the suite before. */
function busyShare(milliseconds: number): number {
  const total = () => {
    const times = cpus().map((cpu) => cpu.times);
    const idle = times.reduce((sum, { idle }) => sum + idle, 0);
    return { idle, all: times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.irq + t.idle, 0) };
  };
  const before = total();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  const after = total();
  return Math.round((1 - (after.idle - before.idle) / (after.all - before.all)) * 100) / 100;
}

const git = (...args: string[]): string =>
  spawnSync('git', args, { cwd: repository, encoding: 'utf8' }).stdout.trim();
