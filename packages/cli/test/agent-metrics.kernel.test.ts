import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { objectPath } from '@lbx/bpf';
import { createBpffsFolder, createNetns, createVethPair, describeKernel, type Netns } from '@lbx/testing';
import { inNetns, load } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { object } from './agent-node.ts';
import { run } from './run.ts';
import { temporaryFolder } from './temporary-folder.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const address = '192.0.2.1';
const service = '198.51.100.1';
const files = {
  'service.json': object(
    'Service',
    { namespace: 'shop', name: 'web' },
    {
      spec: {
        type: 'LoadBalancer',
        clusterIP: '198.51.100.70',
        clusterIPs: ['198.51.100.70'],
        ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
      },
      status: { loadBalancer: { ingress: [{ ip: service }] } },
    },
  ),
  'slice.json': object(
    'EndpointSlice',
    { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    {
      addressType: 'IPv4',
      ports: [{ port: 8080, protocol: 'TCP' }],
      endpoints: [{ addresses: ['192.0.2.20'], nodeName: 'other' }],
    },
  ),
};

describeKernel('the metrics of an agent', () => {
  const stack = new DisposableStack();
  let node: Netns;
  let lan: Netns;
  let pins: string;
  let agent: ReturnType<Netns['spawn']>;

  beforeAll(async () => {
    node = stack.use(createNetns('cli-metrics'));
    lan = stack.use(createNetns('cli-lan'));
    createVethPair(
      { ns: node, device: 'eth0', addresses: [`${address}/24`] },
      { ns: lan, device: 'eth0', addresses: ['192.0.2.10/24', '192.0.2.20/24'] },
    );
    node.sysctl('net.ipv4.ip_forward', 1);
    lan.addRoute('198.51.100.0/24', { via: address });
    const pass = stack.use(load(objectPath('pass')));
    stack.use(inNetns(lan.path, () => pass.program('lbx_pass').attachXdp({ ifindex: 'eth0' })));
    pins = `${stack.use(createBpffsFolder('cli-metrics')).path}/lbx`;
    const folder = stack.use(temporaryFolder(files));
    agent = node.spawn(
      process.execPath,
      [
        ...['--conditions=@lbx/source', main, 'agent', '--device', 'eth0', '--xdp', 'native', '--no-cgroup'],
        ...['--manifests', folder.path, '--pins', pins, '--json', '--service-metrics', '5'],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_NAME: 'node-a' } },
    );
    for await (const line of createInterface(agent.stdout!)) if (JSON.parse(line).event === 'applied') break;
    // Nobody reads on: the agent must not mind.
    agent.stdout?.destroy();
  }, 60_000);
  afterAll(async () => {
    agent?.kill('SIGTERM');
    if (agent?.exitCode === null) await once(agent, 'exit');
    await run(['cleanup', '--pins', pins]);
    stack.dispose();
  });

  const get = (path: string) => {
    const program = `fetch('http://127.0.0.1:10249/${path}').then((r) => r.text()).then((t) => process.stdout.write(t))`;
    return node.exec(process.execPath, ['-e', program]);
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
  const server = () =>
    lan.spawn(
      process.execPath,
      [
        '-e',
        `require('net').createServer((s) => s.end('hello')).listen(8080, '192.0.2.20', () => console.log('up'))`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
  const ask = async (port: number) => {
    const code = `require('net').connect(${port}, '${service}').on('error', () => {}).on('close', () => process.exit()).setTimeout(300, () => process.exit()).resume()`;
    await once(lan.spawn(process.execPath, ['-e', code]), 'exit');
  };

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
      pins,
      source: { synced: true, waitingFor: [] },
      failing: [],
      problemCount: 0,
    });
    expect(JSON.parse(get('services'))).toMatchObject({
      pins,
      services: { [`${service}:80/TCP`]: 'shop/web' },
    });
  });

  it('are asked by lbx status', () => {
    const lines = node
      .exec(process.execPath, ['--conditions=@lbx/source', main, 'status', '--pins', pins])
      .split('\n');
    expect(lines[0]).toMatch(/^healthy: process \d+ keeps \d+ frontends in force$/);
    expect(lines[2]).toMatch(
      /^agent {3}process \d+; http:\/\/127.0.0.1:10256\/healthz answers 200; version \S+, up \d+ \w+; follows manifests in \S+; last wrote \d+ \w+ ago$/,
    );
  });

  it('count drops, with their reason', async () => {
    const drops = () => scrape().get('lbx_packets_total{kind="drop",reason="drop_wildcard"}') ?? 0;
    const before = drops();
    await ask(81);
    expect(drops()).toBeGreaterThan(before);
  });

  it('count the traffic of a Service, both ways', async () => {
    const child = server();
    await once(child.stdout!, 'data');
    await ask(80);
    child.kill('SIGKILL');
    const metrics = scrape();
    const packets = (direction: string) =>
      metrics.get(`lbx_service_packets_total{service="shop/web",direction="${direction}"}`);
    expect(packets('request')).toBeGreaterThan(2);
    expect(packets('reply')).toBeGreaterThan(1);
    expect(metrics.get('lbx_packets_total{kind="sent",reason="sent_request"}')).toBe(packets('request'));
  });
});
