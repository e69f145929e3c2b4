import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeApiServer, type FakeApiServer } from '@lbx/testing';
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
