import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTranslator, type ObjectSource } from '@lbx/k8s-sync';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agentSource } from './agent-source.ts';
import { withOwnServices } from './own-services.ts';

const own = (name: string, address: string, ...backends: string[]) =>
  JSON.stringify({ apiVersion: 'lbx/v1', kind: 'Service', name, frontends: [`${address}:80/TCP`], backends });
const kubernetes = (name: string, clusterIP: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name },
    spec: { clusterIP, ports: [{ port: 80 }] },
  });

let folder: string;
let source: ObjectSource;
let translator: ReturnType<typeof createTranslator>;
/** What an agent would have given to its load balancer by now: addresses by service. */
let served: Map<string, string>;
const put = (file: string, ...documents: string[]) =>
  writeFileSync(join(folder, file), documents.join('\n---\n'));
const follow = () => {
  for (const [name, frontends] of translator.translateChanges()) {
    const text = frontends
      .map(({ address, backends }) => `${address}: ${backends.map((one) => one.address)}`)
      .join();
    if (frontends.length === 0) served.delete(name);
    else served.set(name, text);
  }
  return Object.fromEntries([...served].sort());
};
const problems = () => translator.problems().map(({ message }) => message);
const start = async () => {
  source = agentSource(
    { manifests: folder, inCluster: false, hostPorts: false, apiServer: undefined, kubeconfig: undefined },
    'node-a',
  );
  await source.start(translator.apply);
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lbx-own-'));
  translator = withOwnServices(createTranslator({ nodeName: 'node-a' }));
  served = new Map();
});
afterEach(async () => {
  await source.close();
  rmSync(folder, { recursive: true });
});

it('follows services of lbx beside Kubernetes objects, in one file or several', async () => {
  put('a.yaml', own('web', '198.51.100.1', '192.0.2.10:80'), kubernetes('k', '198.51.100.9'));
  put('b.json', own('db', '198.51.100.2', '192.0.2.20:80'));
  await start();
  expect(translator.synced()).toBe(true);
  expect(follow()).toEqual({
    db: '198.51.100.2: 192.0.2.20',
    'shop/k': '198.51.100.9: ',
    web: '198.51.100.1: 192.0.2.10',
  });
  put('b.json', own('db', '198.51.100.2', '192.0.2.21:80'));
  await expect.poll(follow).toMatchObject({ db: '198.51.100.2: 192.0.2.21' });
  rmSync(join(folder, 'b.json'));
  await expect.poll(follow).not.toHaveProperty('db');
  expect(
    translator
      .translate()
      .frontends.map(({ service }) => service)
      .sort(),
  ).toEqual(['shop/k', 'web']);
  expect(problems()).toEqual([]);
});

it('names what is wrong in a file, keeps what it last said, and takes it again when it is mended', async () => {
  put('a.yaml', own('web', '198.51.100.1', '192.0.2.10:80'));
  await start();
  const before = follow();
  put('a.yaml', own('web', '198.51.100.1', '192.0.2.10:80800'));
  await expect.poll(problems).toEqual([expect.stringMatching(/^a\.yaml:1:\d+: service web: backends\[0\]/)]);
  expect(follow()).toEqual(before);
  put('a.yaml', own('web', '198.51.100.1', '192.0.2.11:80'));
  await expect.poll(follow).toEqual({ web: '198.51.100.1: 192.0.2.11' });
  await expect.poll(problems).toEqual([]);
});

it('does not sync before every file could be read once', async () => {
  put('a.yaml', own('web', '198.51.100.1', 'nonsense'));
  put('b.yaml', own('db', '198.51.100.2', '192.0.2.20:80'));
  await start();
  expect(translator.synced()).toBe(false);
  expect(source.status().waitingFor).toEqual([expect.stringContaining('a.yaml')]);
  put('a.yaml', own('web', '198.51.100.1', '192.0.2.10:80'));
  await expect.poll(() => translator.synced()).toBe(true);
  expect(Object.keys(follow())).toEqual(['db', 'web']);
});

it('leaves a name to the Service of Kubernetes that has it, as long as there is one', async () => {
  put('own.yaml', own('shop/web', '198.51.100.1', '192.0.2.10:80'));
  await start();
  expect(follow()).toEqual({ 'shop/web': '198.51.100.1: 192.0.2.10' });
  put('theirs.yaml', kubernetes('web', '198.51.100.9'));
  await expect.poll(follow).toEqual({ 'shop/web': '198.51.100.9: ' });
  expect(problems()).toEqual([
    expect.stringMatching(/^own\.yaml:1:1: service shop\/web: a Service of Kubernetes/),
  ]);
  rmSync(join(folder, 'theirs.yaml'));
  await expect.poll(follow).toEqual({ 'shop/web': '198.51.100.1: 192.0.2.10' });
  expect(problems()).toEqual([]);
});
