import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeApiServer, type FakeApiServer, selfSignedCertificate } from '@lbx/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventLog } from '../../../test/event-log.ts';
import { type ClusterSource, type ClusterSourceOptions, clusterSource } from './cluster-source.ts';

let api: FakeApiServer;
let source: ClusterSource;
let folder: string;
const log = () => new EventLog();
const backoff = { baseMs: 5, maxMs: 20, resetMs: 1000 };

beforeEach(async () => {
  api = await createFakeApiServer({ token: 'secret' });
  folder = mkdtempSync(join(tmpdir(), 'lbx-kubeconfig-'));
});

afterEach(async () => {
  await source.close();
  await api.close();
  rmSync(folder, { recursive: true });
});

function kubeconfig(user: string): string {
  const file = join(folder, 'config');
  writeFileSync(
    file,
    `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: ${api.url} } }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`,
  );
  return file;
}

it('reads server and token from a kubeconfig', async () => {
  const file = kubeconfig('{ token: secret }');
  source = clusterSource({ kubeconfig: file });
  const events = log();
  await source.start(events.listener);
  await events.next('synced');
  expect(api.requests[0]?.authorization).toBe('Bearer secret');
  await source.close();
  source = clusterSource({ kubeconfig: file, context: 'other' });
  await expect(source.start(events.listener)).rejects.toMatchObject({
    code: 'LBX_KUBECONFIG',
    message: expect.stringContaining('its contexts are: x'),
  });
});

it.each([
  ['in the kubeconfig', (token: string) => kubeconfig(`{ token: ${token} }`)],
  [
    'in a file of its own',
    (token: string) => {
      writeFileSync(join(folder, 'token'), `${token}\n`);
      return kubeconfig(`{ tokenFile: ${join(folder, 'token')} }`);
    },
  ],
  ['by a plugin', (token: string) => tokenPlugin()(token)],
])('a token that is renewed %s is taken up when the old one is refused', async (_, writeToken) => {
  source = clusterSource({ kubeconfig: writeToken('secret'), backoff, deniedRetrySeconds: 0.05 });
  const events = log();
  await source.start(events.listener);
  await events.next('synced');
  api.token = 'renewed';
  (await api.watch('Service')).cut();
  await events.next((event) => event.type === 'problem');
  writeToken('renewed');
  await events.next(`resolved ${api.url}: Service`);
  expect(api.requests.at(-1)!.authorization).toBe('Bearer renewed');
});

/** A plugin that gives what its own file says, for an hour; it is a program of its own. */
function tokenPlugin(): (token: string) => string {
  const plugin = join(folder, 'plugin');
  const token = join(folder, 'plugin-token');
  const status = `{"token":"$(cat ${token})","expirationTimestamp":"2199-01-01T00:00:00Z"}`;
  const credential = `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}`;
  writeFileSync(plugin, `#!/bin/sh\ncat <<EOF\n${credential}\nEOF\n`, { mode: 0o755 });
  return (value) => {
    writeFileSync(token, value);
    return kubeconfig(
      `{ exec: { apiVersion: client.authentication.k8s.io/v1, command: ${plugin}, interactiveMode: Never } }`,
    );
  };
}

/** A kubeconfig for a server, with these fields of its cluster. */
function trusting(server: string, fields: Readonly<Record<string, string>>): ClusterSourceOptions {
  const file = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, ...fields } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(file, JSON.stringify(config));
  return { kubeconfig: file };
}

it.each<[string, (server: string, ca: string) => ClusterSourceOptions]>([
  [
    'in the kubeconfig',
    (server, ca) => trusting(server, { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  ],
  [
    'in a file of its own',
    (server, ca) => {
      writeFileSync(join(folder, 'ca.crt'), ca);
      return trusting(server, { 'certificate-authority': join(folder, 'ca.crt') });
    },
  ],
  [
    'in a file beside the kubeconfig',
    (server, ca) => {
      writeFileSync(join(folder, 'ca.crt'), ca);
      return trusting(server, { 'certificate-authority': 'ca.crt' });
    },
  ],
  [
    'in a file that a function reads',
    (server, ca) => {
      writeFileSync(join(folder, 'ca.crt'), ca);
      return { server, ca: () => readFileSync(join(folder, 'ca.crt')) };
    },
  ],
])('an authority that is renewed %s is taken up when the server is not trusted', async (_, write) => {
  const secure = await createFakeApiServer({ tls: true });
  try {
    source = clusterSource({ ...write(secure.url, selfSignedCertificate().cert), backoff });
    const events = log();
    await source.start(events.listener);
    await events.next((event) => event.type === 'problem');
    write(secure.url, secure.ca!);
    await events.next('synced');
  } finally {
    await source.close();
    await secure.close();
  }
});

it.each([
  [{ kubeconfig: '/nowhere/config' }, 'kubeconfig /nowhere/config cannot be read'],
  [{ server: 'nonsense' }, 'is no URL'],
  [{ server: 'ftp://192.0.2.1' }, 'begins with ftp:'],
])('rejects %j', async (access, message) => {
  source = clusterSource(access as ClusterSourceOptions);
  await expect(source.start(() => {})).rejects.toMatchObject({
    code: 'LBX_KUBECONFIG',
    message: expect.stringContaining(message),
  });
});
