import { type ApiServer, describeCluster, type KubeObject, startApiServer } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterSource, type SourceEvent } from '../../src/index.ts';

const services = 10_000;
const service = (index: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: `s${index}` },
  spec: { ports: [{ port: 80, protocol: 'TCP', targetPort: 8080 }] },
});
/** As the server would store it. */
const stored = (index: number): KubeObject => {
  const clusterIP = `2001:db8:96::1:${(index + 1).toString(16)}`;
  const families = { ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' };
  const { spec } = service(index);
  return {
    ...service(index),
    spec: { ...(spec as object), type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ...families },
  };
};

describeCluster('10,000 Services of a real API server', () => {
  let server: ApiServer;
  // Only IPv6 has a documentation prefix with so many addresses.
  beforeAll(async () => {
    server = await startApiServer({ serviceRanges: '2001:db8:96::/108' });
    await server.store(Array.from({ length: services }, (_, index) => stored(index)));
  });
  afterAll(() => server?.close());

  it.each([
    ['streamed', true],
    ['in pages', false],
  ])('%s: all are told once, and after a 410 only what changed', async (_, streamingLists) => {
    const { kubeconfig, proxy } = await server.proxy();
    const source = clusterSource({
      kubeconfig,
      streamingLists,
      backoff: { baseMs: 50, maxMs: 500, resetMs: 120_000 },
    });
    let events: SourceEvent[] = [];
    const count = (type: SourceEvent['type']) => events.filter((event) => event.type === type).length;
    const until = (done: () => boolean) => expect.poll(done).toBe(true);
    const kind = () => source.status().parts.find((part) => part.kind === 'Service')!;
    try {
      await source.start((event) => void events.push(event));
      await until(() => count('synced') === 1);
      // `kubernetes` is the one more.
      expect([count('upsert'), kind().objects]).toEqual([services + 1, services + 1]);
      expect(kind().listedAs).toBe(streamingLists ? 'stream' : 'pages');
      await until(() => kind().connected);
      const listed = kind().relists;

      events = [];
      proxy.refuse();
      for (const index of [1, 2, 3]) await server.remove(service(index));
      await server.compact();
      await server.restart();
      await server.create(service(1));
      proxy.resume();
      await until(() => count('delete') === 2 && count('upsert') === 1);
      expect(kind()).toMatchObject({ objects: services - 1, relists: listed + 1 });
      for (const index of [2, 3]) await server.create(service(index));
      await until(() => count('upsert') === 3);
      expect(count('delete')).toBe(2);
    } finally {
      await source.close();
    }
  });
});
