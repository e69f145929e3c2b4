import { startApiServer } from '@lbx/testing';
import type { BenchRow as Row } from '../../../../scripts/bench-row.ts';
import { type AgentUnderTest, startAgentUnderTest } from './agent-process.ts';
import { createChurn } from './churn.ts';
import { now, type Usage } from './messages.ts';
import { clusterObjects, serviceRange } from './objects.ts';
import { row } from './rows.ts';

const services = 200;
const cutEveryMs = 20_000;
const restartEveryMs = 120_000;

export interface SoakOptions {
  readonly seconds: number;
  /** Changes a second; without, as many as the API server takes one by one. */
  readonly rate?: number;
}

/**
 * Random changes for so many seconds; every 20 s the agent's connections
 * are cut, every 2 minutes the server is restarted. Rows: number of changes, memory at the end, its slope over the second
 * half of the time, longest stall. Throws if a write failed, or if at the end the maps differ from those of an agent that
 * has just been started.
 */
export async function soak({ seconds, rate }: SoakOptions): Promise<Row[]> {
  using server = await startApiServer({ serviceRanges: serviceRange });
  const { kubeconfig, proxy } = await server.proxy();
  await server.store(clusterObjects(0, services, true));
  await using agent = startAgentUnderTest({ kubeconfig });
  await inForce(agent);
  const seed = Date.now() % 1_000_000;
  const churn = createChurn(server, services, seed);
  await churn.prime();
  await agent.quiet(1000);
  const samples: (Usage & { readonly at: number })[] = [];
  const began = now();
  const end = began + seconds * 1000;
  const every = (milliseconds: number) => {
    let next = began + milliseconds;
    return () => {
      if (now() < next) return false;
      next += milliseconds;
      return true;
    };
  };
  const [cut, restart, sample] = [cutEveryMs, restartEveryMs, seconds * 10].map(every) as [
    () => boolean,
    () => boolean,
    () => boolean,
  ];
  while (now() < end) {
    if (rate !== undefined) await until(began + (churn.changes * 1000) / rate);
    await churn.step();
    if (cut()) proxy.cut();
    if (restart()) await server.restart();
    if (!sample()) continue;
    samples.push({ ...(await agent.usage()), at: now() });
    if (samples.length % 5 === 0) tellProgress(samples.at(-1)!, began, seconds, churn.changes);
  }
  // Longer than any wait before a connection is tried again.
  await agent.quiet(35_000);
  const failed = agent.applied.reduce((sum, change) => sum + change.failed + change.refused, 0);
  if (failed > 0) throw new Error(`soak ${seed}: ${failed} writes failed or were refused`);

  await using clean = startAgentUnderTest({ kubeconfig: server.kubeconfig });
  await inForce(clean);
  const [have, want] = [await agent.dump(), await clean.dump()];
  const [haveSet, wantSet] = [new Set(have), new Set(want)];
  const missing = want.filter((line) => !haveSet.has(line));
  const extra = have.filter((line) => !wantSet.has(line));
  if (missing.length + extra.length > 0)
    throw new Error(
      `soak ${seed}: after ${churn.changes} changes ${missing.length} entries are missing and ${extra.length} too many:\n${[...missing.slice(0, 5).map((line) => `- ${line}`), ...extra.slice(0, 5).map((line) => `+ ${line}`)].join('\n')}`,
    );

  const late = samples.slice(samples.length >> 1);
  const slope = (of: (usage: Usage) => number) =>
    slopeOf(late.map((usage) => [usage.at / 60_000, of(usage) * 1024]));
  return [
    row('soak-changes', 'changes', [churn.changes]),
    row('soak-applied', 'times', [agent.applied.length]),
    row('soak-entries', 'entries', [have.length]),
    row(
      'soak-rss',
      'MB',
      late.map(({ rssMB }) => rssMB),
    ),
    row('soak-rss-slope', 'KB/min', [slope(({ rssMB }) => rssMB)]),
    row(
      'soak-heap',
      'MB',
      late.map(({ heapMB }) => heapMB),
    ),
    row('soak-heap-slope', 'KB/min', [slope(({ heapMB }) => heapMB)]),
    row('soak-stall', 'ms', [Math.max(...samples.map(({ stallMs }) => stallMs))]),
  ];
}

/** An hour is long to wait without a word. */
function tellProgress(
  { at, rssMB, heapMB }: Usage & { readonly at: number },
  began: number,
  seconds: number,
  changes: number,
) {
  const passed = Math.round((at - began) / 1000);
  console.error(
    `soak: ${passed} of ${seconds} s, ${changes.toLocaleString('en-US')} changes, RSS ${rssMB.toFixed(0)} MB, heap ${heapMB.toFixed(1)} MB`,
  );
}

/** Everything there was at the agent's start is programmed. */
async function inForce(agent: AgentUnderTest): Promise<void> {
  await agent.until(() => agent.applied.length > 0);
  await agent.quiet(1000);
}

/** Resolves at a time of now(). */
async function until(time: number): Promise<void> {
  const left = time - now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}

/** Of the straight line that fits best. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x0, y0] = [mean(([x]) => x), mean(([, y]) => y)];
  const above = points.reduce((sum, [x, y]) => sum + (x - x0) * (y - y0), 0);
  const below = points.reduce((sum, [x]) => sum + (x - x0) ** 2, 0);
  return below === 0 ? 0 : above / below;
}
