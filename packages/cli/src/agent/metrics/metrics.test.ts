import { createHistogram } from '@lbx/core';
import { describe, expect, it } from 'vitest';
import { createAgentStats } from '../agent-stats.ts';
import { metricGroups } from './all-metrics.ts';
import type { MetricSources } from './metric.ts';
import { metricsDocument } from './metrics-document.ts';
import { startMetricsServer } from './metrics-server.ts';
import { createRegistry } from './registry.ts';
import { createTrafficTotals } from './service-traffic-totals.ts';

const histogram = createHistogram([1, 2]);
for (const seconds of [0.5, 1.5, 9]) histogram.observe(seconds);
const traffic = (service: string, id: number, packets: number) => ({
  service,
  frontend: `f${id}`,
  id,
  requests: { packets, bytes: 100 * packets },
  replies: { packets: 1, bytes: 60 },
});

function sources(): MetricSources {
  const stats = createAgentStats();
  const error = Object.assign(new Error('full'), { code: 'LBX_MAP_FULL' });
  const report = {
    frontends: 7,
    writes: 3,
    refused: [],
    shortages: [],
    pending: 2,
    kept: 3,
    ms: 4,
    writeMs: 2,
  };
  stats.applied({
    ...report,
    failed: [
      { map: 'lb4_services_v2', error },
      { map: 'lb4_services_v2', error },
    ],
  });
  const drift = { checks: 2, missing: 1, changed: 0, foreign: 0, derived: 0 };
  const map = { entries: 3, maxEntries: 10, sets: 5, deletes: 2 };
  const ids = { used: 4, quarantined: 1, max: 9 };
  return {
    stats,
    version: '1.2.3',
    loadBalancer: {
      counters: () => ({
        drop_source_range: { packets: 5, bytes: 500 },
        sent_request: { packets: 9, bytes: 900 },
      }),
      serviceTraffic: () => [traffic('shop/web', 1, 10)],
      usage: () => ({
        maps: { lb4_services_v2: map },
        ids: { frontend: ids, backend: ids },
        flows: { lbx_flow_set4: { used: 1, freed: 2, maxEntries: 8 } },
        hooks: { xdp: { attached: 1, gone: 0 } },
        sockets: { sweeps: 1, destroyed: 6, left: 0, milliseconds: 1 },
      }),
      reconcile: {
        synced: true,
        pending: 1,
        failing: [],
        drift,
        latency: { fromTrigger: histogram.values, fromEvent: histogram.values },
      },
    },
    source: {
      status: () => ({
        ...{ name: 'calls', synced: true, syncedAt: 1, waitingFor: [], objects: 12, pending: 3 },
        ...{ lastEventAt: Date.now(), lastError: undefined, parts: [] },
      }),
    },
    translator: {
      synced: () => true,
      work: () => ({ events: 44, withoutEffect: 0, computed: 1 }),
      problems: () => [],
    },
  };
}

const registry = () => createRegistry(Object.values(metricGroups(5, histogram)).flat(), sources());

describe('metrics', () => {
  it('docs/metrics.md is up to date', async () => {
    await expect(metricsDocument()).toMatchFileSnapshot('../../../../../docs/metrics.md');
  });

  it('are lbx_ and of units, but for what all processes have', () => {
    const metrics = Object.values(metricGroups(5, histogram)).flat();
    const names = metrics.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, type } of metrics) {
      expect(name).toMatch(/^(lbx|process)_[a-z_]+$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it.each([
    'lbx_packets_total{kind="drop",reason="drop_source_range"} 5',
    'lbx_packet_bytes_total{kind="sent",reason="sent_request"} 900',
    'lbx_map_entries{map="lb4_services_v2"} 3',
    'lbx_map_max_entries{map="lb4_services_v2"} 10',
    'lbx_map_operations_total{map="lb4_services_v2",operation="delete"} 2',
    'lbx_map_failures_total{map="lb4_services_v2",code="LBX_MAP_FULL"} 2',
    'lbx_frontends{state="desired"} 7',
    'lbx_frontends{state="programmed"} 5',
    'lbx_frontends{state="failing"} 1',
    'lbx_frontends{state="kept"} 3',
    'lbx_ids_used{kind="backend"} 4',
    'lbx_flows_max{table="lbx_flow_set4"} 8',
    'lbx_hooks{hook="xdp",state="attached"} 1',
    'lbx_drift_repairs_total{kind="missing"} 1',
    'lbx_source_objects{part="all"} 12',
    'lbx_source_events_total 44',
    'lbx_service_packets_total{service="shop/web",direction="request"} 10',
    'lbx_apply_duration_seconds_count 1',
    'lbx_network_programming_duration_seconds_bucket{le="1"} 1',
    'lbx_network_programming_duration_seconds_bucket{le="2"} 2',
    'lbx_network_programming_duration_seconds_bucket{le="+Inf"} 3',
    'lbx_network_programming_duration_seconds_sum 11',
    '# TYPE lbx_network_programming_duration_seconds histogram',
    `lbx_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
  ])('%s', async (line) => {
    expect((await registry().metrics()).split('\n')).toContain(line);
  });

  it('asked twice are the same, not twice as much', async () => {
    const made = registry();
    await made.metrics();
    expect(await made.metrics()).toContain('lbx_packets_total{kind="drop",reason="drop_source_range"} 5');
  });
});

describe('traffic by service', () => {
  it('names the first ones, sums the others, and never goes down', () => {
    const totals = createTrafficTotals(2);
    const packets = (...now: ReturnType<typeof traffic>[]) =>
      Object.fromEntries([...totals.add(now)].map(([name, { requestPackets }]) => [name, requestPackets]));
    expect(packets(traffic('a', 1, 5), traffic('b', 2, 7), traffic('c', 3, 1))).toEqual({
      a: 5,
      b: 7,
      '(other)': 1,
    });
    expect(packets(traffic('b', 2, 9), traffic('c', 3, 4), traffic('d', 4, 2))).toEqual({
      a: 5,
      b: 9,
      '(other)': 6,
    });
    // The counter of b was emptied; a came back with another id.
    expect(packets(traffic('a', 9, 3), traffic('b', 2, 1))).toEqual({ a: 8, b: 10, '(other)': 6 });
  });
});

describe('the server', () => {
  const port = 0;
  it('tells of a port that is taken, and has it once it is free', async () => {
    const { createServer } = await import('node:http');
    const other = createServer().listen(port, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port: taken } = other.address() as { port: number };
    const problems: string[] = [];
    const server = startMetricsServer({
      bind: [{ address: '127.0.0.1', port: taken }],
      registry: registry(),
      pages: { '/state': () => ({ node: 'node-a' }) },
      onProblem: ({ message }) => problems.push(message),
      retryMs: 10,
    });
    await server.tried;
    expect(problems[0]).toContain(`127.0.0.1 port ${taken}: somebody else has the port`);
    await new Promise((resolve) => other.close(resolve));
    const get = async (path: string, init?: RequestInit) =>
      (await fetch(`http://127.0.0.1:${taken}${path}`, init)).status;
    await expect.poll(() => get('/metrics').catch(() => 0)).toBe(200);
    expect(await get('/other')).toBe(404);
    expect(await get('/toString')).toBe(404);
    expect(await (await fetch(`http://127.0.0.1:${taken}/state`)).json()).toEqual({ node: 'node-a' });
    expect(await get('/metrics', { method: 'POST' })).toBe(405);
    await server.close();
  });
});
