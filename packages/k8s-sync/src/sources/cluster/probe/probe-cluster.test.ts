import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeApiServer, type FakeApiServer, selfSignedCertificate } from '@lbx/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { clockAhead } from './clock-ahead.ts';
import { probeCluster } from './probe-cluster.ts';
import { wantedRights } from './probe-rights.ts';

let api: FakeApiServer;
const nodeA = {
  kind: 'Node',
  metadata: { name: 'node-a' },
  status: {
    addresses: [
      { type: 'Hostname', address: 'node-a' },
      { type: 'InternalIP', address: '192.0.2.1' },
      { type: 'ExternalIP', address: '2001:DB8::1' },
    ],
  },
};

describe('with an API server', () => {
  afterEach(() => api.close());

  it('tells who we are, what we may, our Node, and changes nothing', async () => {
    api = await createFakeApiServer({ tls: true, token: 'secret' });
    api.put(nodeA);
    const before = api.resourceVersion;
    const probe = await probeCluster({ server: api.url, ca: api.ca!, token: 'secret', nodeName: 'node-a' });
    expect(probe).toEqual({
      server: api.url,
      aheadMs: 0,
      version: 'v1.0.0-fake',
      user: 'system:serviceaccount:default:test',
      rights: wantedRights('node-a', false).map((right) => ({
        ...right,
        allowed: true,
        reason: 'the test allows it',
      })),
      node: { name: 'node-a', addresses: ['192.0.2.1', '2001:db8::1'] },
      otherNodes: [],
    });
    expect(api.resourceVersion).toBe(before);
  });

  it('tells the other Nodes where there is none of our name, and which rights lack', async () => {
    api = await createFakeApiServer({
      allows: ({ verb, resource }) => verb !== 'watch' && resource !== 'pods',
    });
    api.put(nodeA);
    const probe = await probeCluster({ server: api.url, nodeName: 'node-b', pods: true });
    expect(probe).toMatchObject({ node: 'missing', otherNodes: [{ name: 'node-a' }] });
    expect(probe.rights.filter(({ allowed }) => allowed).map(({ resource }) => resource)).toEqual([
      'services',
      'endpointslices',
      'nodes',
    ]);
    expect(await probeCluster({ server: api.url })).toMatchObject({ otherNodes: [{ name: 'node-a' }] });
  });

  it('credentials that are not accepted are told from a server that is not trusted', async () => {
    api = await createFakeApiServer({ tls: true, token: 'secret' });
    const access = { server: api.url, ca: api.ca!, token: 'wrong' };
    expect(await probeCluster(access)).toMatchObject({ failure: { step: 'credentials', status: 401 } });
    const untrusted = await probeCluster({ ...access, ca: selfSignedCertificate().cert });
    expect(untrusted.failure).toMatchObject({ step: 'tls', message: expect.stringContaining('certificate') });
    // A server that tells everybody its version.
    api.fault({ when: ({ path }) => path === '/version', body: '{}' });
    expect(await probeCluster(access)).toMatchObject({ failure: { step: 'credentials', status: 401 } });
  });

  it.each([
    ['answer', { status: 503 }, 503],
    ['answer', { body: '<html>' }, 200],
    ['network', { never: true }, undefined],
    ['network', { reset: true }, undefined],
  ] as const)('a server that does not do its work: %s %j', async (step, fault, status) => {
    api = await createFakeApiServer();
    api.fault(fault);
    const { failure } = await probeCluster({ server: api.url, timeoutSeconds: 0.5 });
    expect(failure).toMatchObject({ step, ...(status === undefined ? {} : { status }) });
  });

  it('a right that the server says nothing about is neither there nor not', async () => {
    api = await createFakeApiServer();
    api.fault({ when: ({ path }) => path.endsWith('reviews'), status: 500, times: 5 });
    const { rights } = await probeCluster({ server: api.url });
    expect(rights.map(({ allowed }) => allowed)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('finds the clock of a server that is an hour late', async () => {
    api = await createFakeApiServer();
    api.fault({
      respond: (_, response) => {
        response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
        response.end('{}');
      },
    });
    const { aheadMs = 0 } = await probeCluster({ server: api.url });
    expect(aheadMs).toBeLessThan(-3_595_000);
    expect(aheadMs).toBeGreaterThan(-3_601_000);
  });
});

it('nobody at the address, no file, a plugin that is not there', async () => {
  api = await createFakeApiServer();
  const { url } = api;
  await api.close();
  const gone = await probeCluster({ server: url });
  expect(gone.failure).toMatchObject({ step: 'network', message: expect.stringContaining('ECONNREFUSED') });
  expect(await probeCluster({ kubeconfig: '/nowhere/config' })).toEqual({
    failure: { step: 'access', message: expect.stringContaining('/nowhere/config') },
    rights: [],
    otherNodes: [],
  });
  const folder = mkdtempSync(join(tmpdir(), 'lbx-probe-'));
  try {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: '/nowhere/plugin',
      interactiveMode: 'Never',
    };
    const config = {
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    writeFileSync(join(folder, 'config'), JSON.stringify(config));
    expect(await probeCluster({ kubeconfig: join(folder, 'config') })).toMatchObject({
      server: 'https://127.0.0.1:1',
      failure: { step: 'credentials' },
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each([
  // 12:00:00.000 to .999, sent at 12:00:00.5, received at 12:00:01.5
  ['Sat, 21 Nov 2026 12:00:00 GMT', 0],
  ['Sat, 21 Nov 2026 12:00:10 GMT', 8500],
  ['Sat, 21 Nov 2026 11:59:50 GMT', -9501],
  ['yesterday', undefined],
  [undefined, undefined],
])('the clock of an answer of %s', (date, expected) => {
  const noon = Date.UTC(2026, 10, 21, 12);
  expect(clockAhead(date, noon + 500, noon + 1500)).toBe(expected);
});
