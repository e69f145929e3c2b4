import { describe, expect, it } from 'vitest';
import { catalog, serviceCatalog } from '../../catalog.ts';
import { parseHex } from '../../codec/bytes.ts';
import { flowCatalog } from '../../flow/flow-catalog.ts';
import { FlowFlag, type LbxFlow4 } from '../../flow/flow4.ts';
import { gateHash4 } from '../../flow/gate.ts';
import { createIds } from '../../ids/ids.ts';
import type { Backend } from '../../model/backend.ts';
import type { Frontend } from '../../model/frontend.ts';
import { project } from '../../project/project.ts';
import { createMemoryTable } from '../../tables/memory-table.ts';
import type { Flow } from '../explanation.ts';
import { explainLive } from './explain-live.ts';
import type { LiveState } from './live-state.ts';

const backend = (n: number, more: Partial<Backend> = {}): Backend => ({
  address: `192.0.2.${n}`,
  port: 8080,
  protocol: 'TCP',
  ...more,
});
const frontend = (backends: readonly Backend[], more: Partial<Frontend> = {}): Frontend => ({
  service: 'web',
  type: 'LoadBalancer',
  protocol: 'TCP',
  address: '198.51.100.1',
  port: 80,
  backends,
  ...more,
});
const flow: Flow = {
  from: { address: '203.0.113.5', port: 40000 },
  to: { address: '198.51.100.1', port: 80 },
  protocol: 'TCP',
};
const hz = 100;
const jiffies = 50; // the count has just wrapped around
const clock = { jiffies, errorSeconds: 1, seconds: 1000 };

/** An entry of a flow to backend 1 that was seen two seconds ago. */
const entry: LbxFlow4 = {
  saddr: '192.0.2.254',
  daddr: '192.0.2.1',
  sport: 32770,
  dport: 8080,
  l3Delta: 0,
  l4Delta: 0,
  flags: FlowFlag.replied | FlowFlag.confirmed,
  way: 0,
  revNatIndex: 1 as LbxFlow4['revNatIndex'],
  route: 0,
  backendId: 1 as LbxFlow4['backendId'],
  generation: 1,
  routeStamp: 0,
  lastSeen: (jiffies - 2 * hz) >>> 0,
  checked: 0,
  key: { saddr: '203.0.113.5', daddr: '198.51.100.1', sport: 40000, dport: 80, proto: 6, direction: 0 },
};

/** Services as projected, the flow, and metadata of backend 1. */
function stateOf(frontends: readonly Frontend[], more: Partial<LbxFlow4> = {}, generation = 1): LiveState {
  const flows = createMemoryTable(flowCatalog.lbx_flow4);
  flows.set(entry.key, { ...entry, ...more });
  const meta = createMemoryTable(flowCatalog.lbx_backend_meta);
  meta.set({ backendId: 1 as never }, { generation, flags: 0, state: 0 });
  meta.set({ backendId: 2 as never }, { generation, flags: 0, state: 1 });
  const services = project(frontends, { wildcards: true, maglevSize: 251 }, createIds());
  return { services, flows: { lbx_flow4: flows, lbx_backend_meta: meta }, settings: { hz }, clock };
}

describe('flows in the tables of lbx', () => {
  it('keep their backend though the service has others by now', () => {
    // Ids follow the slots, active backends first.
    const given = [backend(1, { state: 'terminating' }), backend(2)];
    const state = stateOf([frontend(given)], { backendId: 2 as LbxFlow4['backendId'] });
    const answer = explainLive(state, flow);
    expect(answer).toMatchObject({
      verdict: 'forward',
      code: 'established',
      reason: 'the flow is established and keeps backend 2, 192.0.2.1:8080',
      backend: { id: 2, state: 'terminating' },
      established: {
        valid: true,
        phase: 'established',
        way: 'snat',
        source: { address: '192.0.2.254', port: 32770 },
        idleSeconds: 2,
        silenceSeconds: 8000,
        restart: 'new-flow',
      },
      newFlow: { backend: { id: 1 } },
      confidence: { level: 'certain', reasons: [{ code: 'flow-table' }] },
    });
  });

  it('start anew on a terminating backend when they were closing', () => {
    const state = stateOf([frontend([backend(1), backend(2)])], { flags: FlowFlag.finReply });
    expect(explainLive(state, flow).established).toMatchObject({ phase: 'closing', restart: 'new-flow' });
  });

  it.each([
    ['the backend is gone', stateOf([frontend([backend(2)])], {}, 2), /backend of a flow was removed/],
    ['another is there under its id', stateOf([frontend([backend(2)])], {}, 3), /removed/],
    [
      'the service has another id',
      stateOf([frontend([backend(1)])], { revNatIndex: 9 as never }),
      /made anew/,
    ],
    [
      'it was silent too long',
      stateOf([frontend([backend(1)])], { lastSeen: (jiffies - 9000 * hz) >>> 0 }),
      /silent/,
    ],
  ])('count no more when %s', (_, state, over) => {
    const answer = explainLive(state, flow);
    expect(answer.established).toMatchObject({ valid: false, over: expect.stringMatching(over) });
    expect(answer).toMatchObject({ code: 'backend-chosen', newFlow: { code: 'backend-chosen' } });
  });

  it('are doubtful around the moment when they are forgotten', () => {
    const state = stateOf([frontend([backend(1)])], { lastSeen: (jiffies - 8000 * hz) >>> 0 });
    expect(explainLive(state, flow).confidence).toMatchObject({
      level: 'uncertain',
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'by-the-clock' })]),
    });
  });

  it('are not for sockets', () => {
    const answer = explainLive(stateOf([frontend([backend(1), backend(2)])]), { ...flow, hook: 'connect' });
    expect(answer).toMatchObject({ code: 'one-of-several', confidence: { level: 'chance' } });
    expect(answer.established).toBeUndefined();
  });
});

describe('without flows', () => {
  const services = project([frontend([backend(1), backend(2)])], { wildcards: true }, createIds());

  it('says what is not known', () => {
    const { confidence } = explainLive({ services }, flow);
    expect(confidence.level).toBe('uncertain');
    expect(confidence.reasons.map(({ code }) => code)).toEqual([
      'computed',
      'flows-unknown',
      'settings-unknown',
      'client-port',
    ]);
  });

  it('a verdict without a choice is certain but for flows', () => {
    const { confidence } = explainLive({ services, flows: {} }, { ...flow, to: { ...flow.to, port: 81 } });
    expect(confidence).toMatchObject({ level: 'certain', reasons: [{ code: 'computed' }] });
  });

  it('sees a gate that lets no packet of the service in', () => {
    const gate = createMemoryTable(flowCatalog.lbx_gate);
    const ask = () => explainLive({ services, flows: { lbx_gate: gate }, settings: {} }, flow).confidence;
    expect(ask().reasons).toContainEqual(expect.objectContaining({ code: 'gate-closed', doubt: true }));
    const bit = gateHash4('198.51.100.1', 80, 6) & (64 * gate.maxEntries - 1);
    gate.set({ word: Math.floor(bit / 64) }, { bits: 1n << BigInt(bit % 64) });
    expect(ask().level).toBe('certain');
  });
});

describe("flows in Cilium's connection tracking", () => {
  // As its datapath wrote them: a flow of 203.0.113.5:40000 to 198.51.100.1:30080, backend 2001 of service 1.
  const ct = createMemoryTable(catalog.ct4_global);
  const add = (table: typeof ct, key: string, value: string) => {
    const keyed = table.layout.key.decode(parseHex(key));
    table.set(keyed, table.layout.value.decode(parseHex(value), keyed));
  };
  const serviceValue = `${'00'.repeat(8)}d107000000000000${'00'.repeat(20)}100000010000${'00'.repeat(14)}`;
  add(ct, 'c6336401cb0071059c4075800604', serviceValue);
  const snat = createMemoryTable(catalog.snat_v4_external);
  const natKey = snat.layout.key.decode(parseHex('c000020acb0071051f909c400600'));
  snat.set(natKey, snat.layout.value.decode(parseHex(`${'00'.repeat(32)}c63364019c400000`), natKey) as never);
  const asked: Flow = { ...flow, to: { address: '198.51.100.1', port: 30080 } };
  const tables = (withBackend: boolean) => {
    const { entries } = project([frontend([backend(20)], { port: 30080 })], {}, createIds());
    const all = Object.fromEntries(
      Object.values(serviceCatalog).map((layout) => [layout.name, createMemoryTable(layout as never)]),
    ) as Record<string, { set(key: unknown, value: unknown): void }>;
    for (const { map, key, value } of entries.values()) all[map]!.set(key, value);
    if (withBackend)
      all.lb4_backends_v3!.set(
        { backendId: 2001 },
        { address: '192.0.2.10', port: 8080, proto: 6, state: 1, clusterId: 0, zone: 0 },
      );
    return all as never;
  };
  const flows = { ct4_global: ct, snat_v4_external: snat };

  it('keep their backend, a terminating one too, until a new connection', () => {
    expect(explainLive({ services: tables(true), flows }, asked, { datapath: 'cilium' })).toMatchObject({
      code: 'established',
      backend: { id: 2001, address: '192.0.2.10', state: 'terminating' },
      established: {
        map: 'ct4_global',
        phase: 'established',
        way: 'snat',
        source: { address: '198.51.100.1', port: 40000 },
        restart: 'new-flow',
      },
      newFlow: { backend: { address: '192.0.2.20' } },
    });
  });

  it('count no more without their backend', () => {
    expect(explainLive({ services: tables(false), flows }, asked, { datapath: 'cilium' })).toMatchObject({
      code: 'backend-chosen',
      established: { valid: false, over: 'its backend was removed' },
    });
  });
});
