import { type ApiServer, describeCluster, type KubeObject, startApiServer } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endpoint, slice } from '../objects.ts';
import { type Follower, follow } from './follower.ts';

interface Service extends KubeObject {
  readonly spec: {
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly ports?: readonly { readonly nodePort?: number }[];
    readonly healthCheckNodePort?: number;
  };
}

/** What a user writes: the server has to fill in the rest. */
const make = (name: string, spec: Record<string, unknown>): Service =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }], ...spec },
  }) as unknown as Service;
const endpointsOf = (name: string, addresses: readonly string[], nodeName = 'node-b') =>
  slice(
    addresses.map((address) => endpoint(address, { nodeName })),
    {
      name: `${name}-${addresses[0]?.includes(':') ? 6 : 4}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    { addressType: addresses[0]?.includes(':') ? 'IPv6' : 'IPv4' },
  ) as KubeObject;

describeCluster('Services as a real API server makes them', () => {
  let server: ApiServer;
  let follower: Follower;
  /** Lines of the translation about this Service. */
  const linesOf = (name: string) =>
    follower.translator
      .translate()
      .frontends.filter((frontend) => frontend.service === `default/${name}`)
      .map(
        ({ type, address, port, protocol, scope, backends, affinitySeconds }) =>
          `${type} ${address}:${port}/${protocol}${scope === 'internal' ? ' internal' : ''} -> ${backends.map((b) => b.address).join(' ')}${affinitySeconds === undefined ? '' : ` (affinity ${affinitySeconds} s)`}`,
      );
  const becomes = (name: string, lines: readonly string[]) => expect.poll(() => linesOf(name)).toEqual(lines);

  beforeAll(async () => {
    server = await startApiServer({ nodePorts: '30000-30099' });
    await server.create({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'z1' } },
    });
    follower = await follow({ kubeconfig: server.kubeconfig });
  });
  afterAll(async () => {
    await follower?.source.close();
    server?.close();
  });

  it('ClusterIP, one family', async () => {
    const { spec } = await server.create(make('cluster', {}));
    expect(spec.clusterIP).toMatch(/^198\.51\.100\.\d+$/);
    await server.create(endpointsOf('cluster', ['192.0.2.10', '192.0.2.11']));
    await becomes('cluster', [`ClusterIP ${spec.clusterIP}:80/TCP -> 192.0.2.10 192.0.2.11`]);
    await server.remove(endpointsOf('cluster', ['192.0.2.10']));
    await becomes('cluster', [`ClusterIP ${spec.clusterIP}:80/TCP -> `]);
  });

  it('ClusterIP, both families, each with its own endpoints', async () => {
    const { spec } = await server.create(make('dual', { ipFamilyPolicy: 'RequireDualStack' }));
    const [v4, v6] = spec.clusterIPs as [string, string];
    expect(v6).toMatch(/^2001:db8:96::[\da-f:]+$/);
    await server.create(endpointsOf('dual', ['192.0.2.12']));
    await server.create(endpointsOf('dual', ['2001:db8::12']));
    await becomes('dual', [`ClusterIP ${v4}:80/TCP -> 192.0.2.12`, `ClusterIP ${v6}:80/TCP -> 2001:db8::12`]);
    await server.patch(make('dual', {}), {
      spec: { ipFamilyPolicy: 'SingleStack', clusterIPs: [v4], ipFamilies: ['IPv4'] },
    });
    await becomes('dual', [`ClusterIP ${v4}:80/TCP -> 192.0.2.12`]);
  });

  it('NodePort, on the addresses of the own Node as they come and go', async () => {
    const { spec } = await server.create(make('node-port', { type: 'NodePort' }));
    const port = spec.ports?.[0]?.nodePort as number;
    expect(port).toBeGreaterThanOrEqual(30000);
    expect(port).toBeLessThanOrEqual(30099);
    await server.create(endpointsOf('node-port', ['192.0.2.13']));
    await becomes('node-port', [
      `ClusterIP ${spec.clusterIP}:80/TCP -> 192.0.2.13`,
      `NodePort 0.0.0.0:${port}/TCP -> 192.0.2.13`,
    ]);
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } };
    const addresses = (...list: string[]) => ({
      status: { addresses: list.map((address) => ({ type: 'InternalIP', address })) },
    });
    const nodeAddresses = () => follower.translator.translate().nodeAddresses;
    await server.patch(node, addresses('192.0.2.1', '2001:db8::1'), 'status');
    await expect.poll(nodeAddresses).toEqual(['192.0.2.1', '2001:db8::1']);
    await server.patch(node, addresses('192.0.2.2'), 'status');
    await expect.poll(nodeAddresses).toEqual(['192.0.2.2']);
    // Back to ClusterIP: the server takes the port back.
    await server.patch(make('node-port', {}), {
      spec: { type: 'ClusterIP', ports: [{ name: 'http', port: 80 }] },
    });
    await becomes('node-port', [`ClusterIP ${spec.clusterIP}:80/TCP -> 192.0.2.13`]);
  });

  it('LoadBalancer: the status is written by a controller; health checks of traffic policy Local', async () => {
    const { spec } = await server.create(
      make('lb', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
    );
    expect(spec.healthCheckNodePort).toBeGreaterThanOrEqual(30000);
    await server.create(endpointsOf('lb', ['192.0.2.14'], 'node-a'));
    await server.patch(
      make('lb', {}),
      { status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } } },
      'status',
    );
    await expect
      .poll(() => linesOf('lb').filter((text) => text.startsWith('LoadBalancer')))
      .toEqual([
        'LoadBalancer 203.0.113.7:80/TCP -> 192.0.2.14',
        'LoadBalancer 203.0.113.7:80/TCP internal -> 192.0.2.14',
      ]);
    await expect
      .poll(() => follower.translator.healthChecks())
      .toMatchObject([{ port: spec.healthCheckNodePort, localEndpoints: 1 }]);
    const byProxy = { status: { loadBalancer: { ingress: [{ ip: '203.0.113.7', ipMode: 'Proxy' }] } } };
    await server.patch(make('lb', {}), byProxy, 'status');
    await expect.poll(() => linesOf('lb').filter((text) => text.startsWith('LoadBalancer'))).toEqual([]);
  });

  it('externalIPs, and the affinity that the server gives a time', async () => {
    const { spec } = await server.create(
      make('external', { externalIPs: ['203.0.113.20'], sessionAffinity: 'ClientIP' }),
    );
    await server.create(endpointsOf('external', ['192.0.2.15']));
    await becomes('external', [
      `ClusterIP ${spec.clusterIP}:80/TCP -> 192.0.2.15 (affinity 10800 s)`,
      'ExternalIP 203.0.113.20:80/TCP -> 192.0.2.15 (affinity 10800 s)',
    ]);
  });

  it('headless and ExternalName are nobody’s business, until they become something else', async () => {
    await server.create(make('headless', { clusterIP: 'None' }));
    await server.create(make('name', { type: 'ExternalName', externalName: 'example.com' }));
    await server.create(endpointsOf('name', ['192.0.2.16']));
    const known = () =>
      follower.translator
        .translate()
        .ignored.filter(({ kind }) => kind === 'Service')
        .map(({ name }) => name);
    // A headless one is not even told: the server is asked for the others.
    await expect.poll(known).toEqual(['name']);
    expect([...linesOf('headless'), ...linesOf('name')]).toEqual([]);
    const { spec } = await server.patch(make('name', {}), {
      spec: { type: 'ClusterIP', externalName: null },
    });
    await becomes('name', [`ClusterIP ${spec.clusterIP}:80/TCP -> 192.0.2.16`]);
  });

  it('a Service that becomes another proxy’s is gone, though the server only stops to tell of it', async () => {
    const { spec } = await server.create(make('other', {}));
    await becomes('other', [`ClusterIP ${spec.clusterIP}:80/TCP -> `]);
    const label = (value: string | null) =>
      server.patch(make('other', {}), {
        metadata: { labels: { 'service.kubernetes.io/service-proxy-name': value } },
      });
    await label('theirs');
    await becomes('other', []);
    await label(null);
    await becomes('other', [`ClusterIP ${spec.clusterIP}:80/TCP -> `]);
    await server.remove(make('other', {}));
    await becomes('other', []);
  });
});
