import { expect, it } from 'vitest';
import { endpoint, service, slice } from '../../../test/objects.ts';
import { namedService, watchedCluster } from '../../../test/watched-cluster.ts';
import { createTranslator } from '../../translate/translator.ts';
import { clusterSource } from './cluster-source.ts';

const pod = (name: string, nodeName: string) => ({
  kind: 'Pod',
  metadata: { name, uid: `uid-${name}`, managedFields: [1], labels: { app: 'web' } },
  spec: {
    nodeName,
    volumes: [{ name: 'much' }],
    containers: [
      { name: 'c', image: 'web', ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }] },
    ],
  },
  status: { phase: 'Running', podIPs: [{ ip: '192.0.2.7' }], containerStatuses: [{ name: 'c' }] },
});

it.each([true, false])('asks for what kube-proxy asks for (streamed: %s)', async (streamingLists) => {
  await using cluster = await watchedCluster({ nodeName: 'node-a', pods: true, streamingLists });
  const { api, log } = cluster;
  api.put(
    namedService('plain'),
    namedService('headless', { clusterIP: 'None' }),
    service({}, { name: 'other-proxy', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
    slice([]),
    slice([], { name: 'of-headless', labels: { 'service.kubernetes.io/headless': '' } }),
    { kind: 'Node', metadata: { name: 'node-a' } },
    { kind: 'Node', metadata: { name: 'node-b' } },
    pod('here', 'node-a'),
    pod('there', 'node-b'),
  );
  await cluster.start();
  expect(log.changes.sort()).toEqual([
    'upsert EndpointSlice default/web-1',
    'upsert Node default/node-a',
    'upsert Pod default/here',
    'upsert Service default/plain',
  ]);
  const asked = new Set(
    api.requests.map(({ path, query }) =>
      [path, query.get('labelSelector'), query.get('fieldSelector')].join(' '),
    ),
  );
  expect([...asked].sort()).toEqual([
    '/api/v1/nodes  metadata.name=node-a',
    '/api/v1/pods  spec.nodeName=node-a',
    '/api/v1/services !service.kubernetes.io/service-proxy-name spec.clusterIP!=None',
    '/apis/discovery.k8s.io/v1/endpointslices !service.kubernetes.io/headless ',
  ]);
  const told = JSON.stringify(log.events.find((event) => event.type === 'upsert' && event.kind === 'Pod'));
  expect(told).toContain('"hostPort":8080');
  expect(told).not.toMatch(/managedFields|volumes|containerStatuses|image/);
  // An object that leaves the selection is gone.
  api.put(service({}, { name: 'plain', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }));
  await log.next('delete Service default/plain');
});

it('does without the field selector where the server does not know it; headless Services are ignored then', async () => {
  const services = { kind: 'Service', apiVersion: 'v1', plural: 'services', namespaced: true };
  await using cluster = await watchedCluster({}, { resources: [services] });
  const { api, log } = cluster;
  const translator = createTranslator({ nodeName: 'node-a' });
  api.put(namedService('plain'), namedService('headless', { clusterIP: 'None' }));
  await cluster.start();
  for (const event of log.events) translator.apply(event);
  expect(translator.translate().ignored).toMatchObject([{ name: 'headless' }]);
  expect(log.texts.filter((text) => text.startsWith('problem'))).toEqual([]);
  expect(cluster.part('Service')).toMatchObject({ failures: 0, listedAs: 'stream' });
  (await api.watch('Service')).cut();
  await api.until(() => api.requestsFor('watch', 'Service').length === 3);
  expect(api.requestsFor('watch', 'Service').at(-1)!.query.get('fieldSelector')).toBe(null);
});

it('slices that no selector can keep away are told and ignored: no service name, FQDN', async () => {
  await using cluster = await watchedCluster();
  const { api, log } = cluster;
  const translator = createTranslator({ nodeName: 'node-a' });
  api.put(
    namedService('web'),
    slice([endpoint('192.0.2.1')]),
    slice([endpoint('192.0.2.2')], { name: 'nameless', labels: {} }),
    slice([{ addresses: ['example.org'] }], { name: 'names' }, { addressType: 'FQDN' }),
  );
  await cluster.start();
  for (const event of log.events) translator.apply(event);
  const { frontends, ignored } = translator.translate();
  expect(frontends.flatMap(({ backends }) => backends.map(({ address }) => address))).toEqual(['192.0.2.1']);
  expect(ignored.map(({ name }) => name)).toEqual(['nameless', 'names']);
});

it('never asks for Endpoints', async () => {
  await using cluster = await watchedCluster({ nodeName: 'node-a', pods: true });
  await cluster.start();
  expect(cluster.api.requests.filter(({ path }) => path.endsWith('/endpoints'))).toEqual([]);
  expect(cluster.api.requests.map(({ kind }) => kind).sort()).toEqual([
    'EndpointSlice',
    'Node',
    'Pod',
    'Service',
  ]);
});

it('Pods of no node in particular are refused', () => {
  expect(() => clusterSource({ server: 'https://192.0.2.1', pods: true })).toThrow('`pods` needs `nodeName`');
});
