import { describeKernel, type Netns } from '@lbx/testing';
import { expect, it } from 'vitest';
import { node, object, startNode, until } from './agent-node.ts';

const healthPort = 31_000;

const web = object(
  'Service',
  { namespace: 'shop', name: 'web' },
  {
    spec: {
      type: 'LoadBalancer',
      clusterIP: '198.51.100.10',
      clusterIPs: ['198.51.100.10', '2001:db8:1::10'],
      ipFamilies: ['IPv4', 'IPv6'],
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: healthPort,
      ports: [{ name: 'http', port: 80, nodePort: 30_080, protocol: 'TCP' }],
    },
  },
);
const endpoints = (addressType: 'IPv4' | 'IPv6', here: readonly string[]) =>
  object(
    'EndpointSlice',
    { namespace: 'shop', name: `web-${addressType}`, labels: { 'kubernetes.io/service-name': 'web' } },
    {
      addressType,
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: here.map((address) => ({ addresses: [address], nodeName: 'node-a' })),
    },
  );
const own = (spec: object = {}) => object('Node', { name: 'node-a' }, { spec });

const files = {
  'web.json': web,
  'v4.json': endpoints('IPv4', ['203.0.113.1', '203.0.113.2']),
  'v6.json': endpoints('IPv6', []),
  'node.json': own(),
};

interface Answer {
  readonly status?: number;
  readonly weight?: string | null;
  readonly body?: Record<string, unknown>;
  readonly error?: string;
}

/** One request by a process in the namespace. */
function ask(netns: Netns, url: string): Answer {
  const program = `fetch(process.argv[1]).then(async (r) => ({
      status: r.status, weight: r.headers.get('x-load-balancing-endpoint-weight'), body: JSON.parse(await r.text()),
    }), (e) => ({ error: e.cause.code })).then((a) => console.log(JSON.stringify(a)))`;
  return JSON.parse(netns.exec(process.execPath, ['-e', program, url]));
}

describeKernel('the health servers of an agent', () => {
  it('answer on all addresses of both families, each with its own count, and follow the objects', async () => {
    await using agent = await startNode(files, []);
    const { netns } = agent;
    const check = (address: string, port = healthPort, path = '/') =>
      ask(netns, `http://${address}:${port}${path}`);
    for (const address of ['127.0.0.1', node.v4, node.v4other]) {
      await expect
        .poll(() => check(address))
        .toEqual({
          status: 200,
          weight: '2',
          body: { service: { namespace: 'shop', name: 'web' }, localEndpoints: 2, serviceProxyHealthy: true },
        });
    }
    await expect
      .poll(() => check(`[${node.v6}]`))
      .toMatchObject({ status: 503, weight: '0', body: { localEndpoints: 0 } });

    agent.write('v4.json', endpoints('IPv4', []));
    agent.write('v6.json', endpoints('IPv6', ['2001:db8:2::1']));
    await until(() => check(node.v4).status === 503 && check(`[${node.v6}]`).status === 200);

    const proxy = (path: string) => check(node.v4, 10_256, path);
    expect(proxy('/healthz')).toMatchObject({
      status: 200,
      body: {
        healthy: true,
        nodeEligible: true,
        status: { IPv4: { healthy: true }, IPv6: { healthy: true } },
      },
    });
    expect(check(`[${node.v6}]`, 10_256, '/livez').status).toBe(200);
    agent.write(
      'node.json',
      own({ taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] }),
    );
    await until(() => proxy('/healthz').status === 503);
    expect(proxy('/healthz').body).toMatchObject({ healthy: true, nodeEligible: false });
    expect([proxy('/livez').status, proxy('/readyz').status]).toEqual([200, 200]);

    agent.write('web.json', web.replace('"Local"', '"Cluster"'));
    await until(
      () => check(node.v4).error === 'ECONNREFUSED' && check(`[${node.v6}]`).error === 'ECONNREFUSED',
    );
    expect(agent.problems).toEqual([]);
    await agent.stop();
    expect(proxy('/livez').error).toBe('ECONNREFUSED');
  });

  it('answer on the addresses chosen for NodePorts only, and /healthz where it is asked for', async () => {
    const flags = ['--nodeport-addresses', 'primary', '--healthz-bind-address', `${node.v4other}:8000`];
    await using agent = await startNode(files, flags);
    const check = (address: string, port = healthPort) =>
      ask(agent.netns, `http://${address}:${port}/healthz`);
    await until(() => check(node.v4).status === 200);
    for (const address of ['127.0.0.1', node.v4other]) expect(check(address).error).toBe('ECONNREFUSED');
    await expect.poll(() => check(`[${node.v6}]`).status).toBe(503);
    await expect.poll(() => check(node.v4other, 8000).status).toBe(200);
    expect(check(node.v4, 8000).error).toBe('ECONNREFUSED');
    expect(check(node.v4, 10_256).error).toBe('ECONNREFUSED');
  });
});
