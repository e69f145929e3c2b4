// A test of one's own agent, without root, kernel or cluster: an API server that fails on command, and maps in memory.
import type { LoadBalancer } from '@lbx/core';
import { createMemoryLoadBalancer } from '@lbx/core/testing';
import { clusterSource, createTranslator, type ObjectSource } from '@lbx/k8s-sync';
import { createFakeApiServer } from '@lbx/k8s-sync/testing';
import { failNth } from '@lbx/maps';
import '@lbx/maps/testing/vitest';
import { expect, it, vi } from 'vitest';

/** The agent: what is tested. It takes whatever can be updated, in a test as on a node. */
async function runAgent(source: ObjectSource, lb: Pick<LoadBalancer, 'update' | 'sync'>): Promise<void> {
  const translator = createTranslator({ nodeName: 'node-a' });
  await source.start((event) => {
    translator.apply(event);
    lb.update(translator.translateChanges());
    if (event.type === 'synced') lb.sync();
  });
}

const name = { namespace: 'default', name: 'web' };
const spec = { clusterIP: '198.51.100.10', ports: [{ name: 'http', port: 80 }] };
const slice = (...addresses: string[]) => ({
  kind: 'EndpointSlice',
  metadata: { ...name, labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: addresses.map((address) => ({ addresses: [address] })),
});
const web = (...addresses: string[]) => ({
  name: 'default/web',
  frontends: [{ address: '198.51.100.10', port: 80, type: 'ClusterIP' }],
  backends: addresses.map((address) => `${address}:8080`),
});

it('follows endpoints, through a refused write and a watch that breaks', async () => {
  await using api = await createFakeApiServer();
  api.put({ kind: 'Service', metadata: name, spec }, slice('192.0.2.10'));
  using lb = createMemoryLoadBalancer({ failOn: failNth(2, 'ENOMEM') });
  const source = clusterSource({ server: api.url, nodeName: 'node-a' });
  await runAgent(source, lb);
  await vi.waitFor(() => expect(lb.tables).toHoldService(web('192.0.2.10')), 10_000);

  (await api.watch('EndpointSlice')).cut();
  api.put(slice('192.0.2.10', '192.0.2.11'));
  await vi.waitFor(() => expect(lb.tables).toHoldService(web('192.0.2.10', '192.0.2.11')), 10_000);
  await source.close();
});
