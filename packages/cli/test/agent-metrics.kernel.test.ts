import { fileURLToPath } from 'node:url';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentLan, addresses, createAgentLan } from './agent-lan.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const { service } = addresses;

describeKernel('the metrics of an agent', () => {
  let lan: AgentLan;
  beforeAll(async () => {
    lan = await createAgentLan();
    const agent = await lan.startAgent(['--no-cgroup', '--service-metrics', '5']);
    // Nobody reads on: the agent must not mind.
    agent.child.stdout?.destroy();
  });
  afterAll(() => lan?.[Symbol.asyncDispose]());

  const get = (path: string) => {
    const program = `fetch('http://127.0.0.1:10249/${path}').then((r) => r.text()).then((t) => process.stdout.write(t))`;
    return lan.node.exec(process.execPath, ['-e', program]);
  };
  /** Values by name and labels, from the real endpoint. */
  const scrape = () => {
    const lines = get('metrics').split('\n');
    return new Map(
      lines.flatMap((line): [string, number][] => {
        const at = line.lastIndexOf(' ');
        return line === '' || line.startsWith('#') ? [] : [[line.slice(0, at), Number(line.slice(at + 1))]];
      }),
    );
  };
  const ask = (port: number, patienceMs?: number) => lan.ask(`${service}:${port}`, 1, patienceMs);

  it('tell what is in force', () => {
    const metrics = scrape();
    expect(metrics.get('lbx_frontends{state="desired"}')).toBeGreaterThan(1);
    expect(metrics.get('lbx_frontends{state="programmed"}')).toBe(
      metrics.get('lbx_frontends{state="desired"}'),
    );
    expect(metrics.get('lbx_map_entries{map="lb4_backends_v3"}')).toBe(1);
    expect(metrics.get('lbx_map_operations_total{map="lb4_backends_v3",operation="set"}')).toBe(1);
    expect(metrics.get('lbx_hooks{hook="xdp",state="attached"}')).toBe(1);
    expect(metrics.get('lbx_source_synced{part="all"}')).toBe(1);
    expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('have beside them what commands on the machine ask for', () => {
    expect(JSON.parse(get('state'))).toMatchObject({
      node: 'node-a',
      pins: lan.pins,
      source: { synced: true, waitingFor: [] },
      failing: [],
      objects: { first: [], count: 0 },
    });
    expect(JSON.parse(get('services'))).toMatchObject({
      pins: lan.pins,
      services: { [`${service}:80/TCP`]: 'shop/web' },
    });
  });

  it('are asked by lbx status', () => {
    const lines = lan.node
      .exec(process.execPath, ['--conditions=@lbx/source', main, 'status', '--pins', lan.pins])
      .split('\n');
    expect(lines[0]).toMatch(/^healthy: process \d+ keeps \d+ frontends in force$/);
    expect(lines[2]).toMatch(
      /^agent {3}process \d+; http:\/\/127.0.0.1:10256\/healthz answers 200; version \S+, up \d+ \w+; follows manifests in \S+; last wrote \d+ \w+ ago$/,
    );
  });

  it('count drops, with their reason', () => {
    const drops = () => scrape().get('lbx_packets_total{kind="drop",reason="drop_wildcard"}') ?? 0;
    const before = drops();
    ask(81, 300);
    expect(drops()).toBeGreaterThan(before);
  });

  it('count the traffic of a Service, both ways', () => {
    expect(ask(80)).toEqual([expect.stringContaining(addresses.remote[0])]);
    const metrics = scrape();
    const packets = (direction: string) =>
      metrics.get(`lbx_service_packets_total{service="shop/web",direction="${direction}"}`);
    expect(packets('request')).toBeGreaterThan(2);
    expect(packets('reply')).toBeGreaterThan(1);
    expect(metrics.get('lbx_packets_total{kind="sent",reason="sent_request"}')).toBe(packets('request'));
  });
});
