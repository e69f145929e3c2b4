// The bucket table of flows under several CPUs at once. LBX_STRESS_SECONDS makes it last longer (default 1 a case).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { disorder, type FlowTable, openFlowTable, places } from './flow-table.ts';

const SECONDS = Number(process.env.LBX_STRESS_SECONDS ?? 1);
const CPUS = Math.min(4, availableParallelism());

/** `enum table_count` of flow-table.bpf.c. */
const counts = [
  'found',
  'missed',
  'contended',
  'wrong',
  'spoilt',
  'inserted',
  'evicted',
  'existed',
  'replaced',
  'removed',
  'noneRemoved',
  'busy',
  'touched',
  'notHeld',
  'swept',
] as const;
type Counts = Record<(typeof counts)[number], number>;

function countsOf(table: FlowTable): Counts {
  const map = table.object.map('table_counts');
  const entries = counts.map((name, index) => {
    const perCpu = map.perCpu(new Uint8Array(Uint32Array.of(index).buffer)) ?? [];
    const sum = perCpu.reduce(
      (total, bytes) => total + new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true),
      0n,
    );
    return [name, Number(sum)] as const;
  });
  return Object.fromEntries(entries) as Counts;
}

/** One process for each CPU, all at the same time. */
async function stressOnce(path: string): Promise<void> {
  const worker = new URL('flow-table-worker.ts', import.meta.url).pathname;
  const node = [process.execPath, '--conditions=@lbx/source', worker, path, String(SECONDS * 1000)];
  const workers = Array.from({ length: CPUS }, async (_, cpu) => {
    const child = spawn('taskset', ['-c', String(cpu), ...node], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [runs, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(code).toBe(0);
    expect(Number(runs)).toBeGreaterThan(0);
  });
  await Promise.all(workers);
}

/** Until they have met, which they seldom do when the machine has other things to do. */
async function stress(table: FlowTable): Promise<Counts> {
  using bpffs = createBpffsFolder('flow-table');
  const path = join(bpffs.path, 'stress');
  table.object.program('table_stress').pin(path);
  for (;;) {
    await stressOnce(path);
    const seen = countsOf(table);
    if (seen.contended > 20 || CPUS < 2) return seen;
  }
}

interface Case {
  readonly name: string;
  readonly family?: 4 | 6;
  readonly buckets: number;
  readonly keys: number;
  /** Writers and readers pause in the middle, once in so many chances. */
  readonly pauses?: number;
  readonly weakOrder?: boolean;
  /** Flows expire and are replaced. */
  readonly isLively?: boolean;
}

const cases: readonly Case[] = [
  { name: 'two buckets for 40 flows', buckets: 2, keys: 40 },
  { name: 'two buckets for 40 flows that expire and are replaced', buckets: 2, keys: 40, isLively: true },
  { name: 'eight buckets for 60 flows: second places, few evictions', buckets: 8, keys: 60 },
  { name: 'the same, flows expire and are replaced', buckets: 8, keys: 60, isLively: true },
  { name: 'eight buckets for 500 flows, pauses', buckets: 8, keys: 500, pauses: 4 },
  { name: 'the same, flows expire and are replaced', buckets: 8, keys: 500, pauses: 4, isLively: true },
  { name: 'the same, IPv6', family: 6, buckets: 8, keys: 500, pauses: 4, isLively: true },
  { name: 'two buckets for 40 flows, IPv6', family: 6, buckets: 2, keys: 40 },
  {
    name: 'eight buckets for 500 flows, fences of weak CPUs',
    buckets: 8,
    keys: 500,
    pauses: 4,
    isLively: true,
    weakOrder: true,
  },
];

describeKernel('flow table on several CPUs', () => {
  it.each(cases)('$name', { timeout: SECONDS * 1000 + 300_000 }, async (options) => {
    const { keys, pauses = 0, isLively = false } = options;
    using table = openFlowTable(options);
    const set = (name: string, value: number) => table.object.variable(name).set(value);
    set('table_keys', keys);
    set('table_pauses', pauses);
    set('table_is_lively', isLively ? 1 : 0);
    const seen = await stress(table);
    if (process.env.LBX_STRESS_SECONDS) console.log(options.name, JSON.stringify(seen));
    expect(seen.wrong).toBe(0);
    expect(disorder(table)).toEqual([]);
    const common = ['found', 'inserted', 'existed', 'removed', 'touched'] as const;
    for (const name of common) expect(seen[name], name).toBeGreaterThan(0);
    if (CPUS > 1) expect(seen.contended).toBeGreaterThan(0);
    if (isLively) {
      expect(seen.replaced).toBeGreaterThan(0);
      expect(seen.swept).toBeGreaterThan(0);
    } else {
      // What came in and did not go is there.
      expect(seen.swept).toBe(0);
      expect(seen.inserted - seen.evicted - seen.removed).toBe([...places(table)].length);
    }
  });
});
