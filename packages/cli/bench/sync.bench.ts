import { findClusterPrograms, startApiServer } from '@lbx/testing';
import type { BenchRow as Row } from '../../../scripts/bench-row.ts';
import { manifestFolder } from './sync/manifest-folder.ts';
import { measureOneEndpoint, measureRollingRestart } from './sync/measure-changes.ts';
import { measureFloors } from './sync/measure-floors.ts';
import { measureStart } from './sync/measure-start.ts';
import { clusterObjects, serviceObject, serviceRange } from './sync/objects.ts';
import { Series, sizeName } from './sync/rows.ts';
import { type SoakOptions, soak } from './sync/soak.ts';

const sizes = [1, 1000, 10_000];
const startRuns = 3;

/**
 * The agent, in a process of its own with maps in the kernel, at 1, 1,000 and 10,000 services of 10 endpoints. From
 * manifests (`yaml-…`, `json-…`) and from a real API server (`api-…`, where it has been built):
 * `start`: from the agent's start, loading of programs included, until all is programmed; `list`: from the first object
 * on; `apply`: of that, plan and writes; `rss`, `rss-peak`; `stall`: longest time that the event loop was held up.
 * `put-…`: one endpoint of one service changes: from before the PUT until the maps are written (p50, p99), the agent's
 * CPU time in all, plan and writes, number of writes. `rolling-…`: all of 1,000 endpoints of a service are exchanged in
 * 100 PUTs: from the first PUT until programmed, from the last one, CPU time, plan and writes, number of writes.
 * `floor-…-read`: the least that reading takes, JSON.parse of the same objects; `floor-…-write`: the same entries, encoded
 * before, put into maps of the kernel in batches.
 * With `soak`: see sync/soak.ts, and nothing else. Needs root; about 4 minutes.
 */
export async function bench(options: { json: boolean; soak?: SoakOptions }): Promise<Row[]> {
  if (options.soak !== undefined) return soak(options.soak);
  const series = new Series();
  for (const services of sizes) {
    measureFloors(series, services);
    for (const format of ['yaml', 'json'] as const) {
      using folder = manifestFolder(services, format);
      for (let run = 0; run < startRuns; run++) {
        await using _agent = await measureStart(
          series,
          `${format}-${sizeName(services)}`,
          { manifests: folder.path },
          services,
        );
      }
    }
  }
  if (findClusterPrograms() !== undefined) return [...series.rows(), ...(await apiRows())];
  console.error('bench: no rows of an API server: it is not built (sh scripts/cluster/build.sh)');
  return series.rows();
}

async function apiRows(): Promise<Row[]> {
  const series = new Series();
  const rows: Row[] = [];
  using server = await startApiServer({ serviceRanges: serviceRange });
  let there = 0;
  for (const services of sizes) {
    const name = `api-${sizeName(services)}`;
    // As the service account of a pod has it.
    const source = { server: server.url, token: server.token, ca: server.ca };
    await server.store(clusterObjects(there, services, true));
    there = services;
    for (let run = 1; run < startRuns; run++) {
      await using _agent = await measureStart(series, name, source, services);
    }
    await using agent = await measureStart(series, name, source, services);
    rows.push(...(await measureOneEndpoint(series, name, { server, agent, services })));
    if (services === 1) continue;
    // A service that no size has.
    const service = 20_000 + services;
    await server.create(serviceObject(service));
    await measureRollingRestart(series, name, { server, agent, service });
  }
  return [...series.rows(), ...rows].sort((a, b) => order(a) - order(b));
}

/** By size; within a size as measured. */
const order = (row: Row) => sizes.findIndex((size) => row.case.startsWith(`api-${sizeName(size)}-`));
