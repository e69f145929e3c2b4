import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createFakeApiServer,
  type FakeApiServer,
  type FakeApiServerOptions,
  selfSignedCertificate,
} from '@lbx/testing';
import { afterAll, afterEach, expect, it } from 'vitest';
import type { DoctorOptions } from '../../src/doctor/doctor-options.ts';
import { run } from '../run.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { judge } from './judge.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { lookHere } from './look.ts';

const stack = new DisposableStack();
const open: { api?: FakeApiServer } = {};
afterEach(() => open.api?.close());
afterAll(() => stack.dispose());

async function start(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  open.api = await createFakeApiServer(options);
  return open.api;
}

/** A kubeconfig for it; what is not said is right. */
function kubeconfig(api: FakeApiServer, { token = 'secret', ca = api.ca } = {}): string {
  return stack.use(temporaryFolder({ config: kubeconfigText(api.url, ca, { token }) })).file('config');
}

const node = (name: string, ...addresses: readonly string[]) => ({
  kind: 'Node',
  metadata: { name },
  status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
});
const ids = ['api-server', 'api-credentials', 'api-rights', 'node-object', 'clock'];
/** The verdicts of all that an API server is asked for: "id status". */
const look = async (options: Partial<DoctorOptions>) =>
  (await Promise.all(ids.map((id) => lookHere(id, options)))).flat();
const short = async (options: Partial<DoctorOptions>) =>
  (await look(options)).map(({ id, about, status }) => [id, about, status].filter(Boolean).join(' '));
const found = (text: string) => expect.objectContaining({ found: expect.stringContaining(text) });
const remedy = (text: string) => expect.objectContaining({ remedy: expect.stringContaining(text) });

it('asks nobody where no API server is named', async () => {
  const { code, out } = await run(['doctor', '--json', '--only', ...ids]);
  expect(code).toBe(0);
  const { findings } = JSON.parse(out) as { findings: object[] };
  expect(findings).toEqual(
    ids.map((id) =>
      expect.objectContaining({ id, status: 'skipped', found: expect.stringMatching(/^not asked/) }),
    ),
  );
});

it('is content with a server that is reached, trusted, knows us, and has our Node', async () => {
  const api = await start({ tls: true, token: 'secret' });
  api.put(node('node-a', '127.0.0.1'));
  const { code, out } = await run([
    'doctor',
    '--kubeconfig',
    kubeconfig(api),
    '--node',
    'node-a',
    '--only',
    ...ids,
  ]);
  expect(code).toBe(0);
  expect(out).toContain(`${api.url} answers (v1.0.0-fake), its certificate is trusted`);
  expect(out).toContain('accepted as system:serviceaccount:default:test');
  expect(out).toContain('may list and watch services, endpointslices, nodes (node-a)');
  expect(out).toContain('the Node node-a: 127.0.0.1 on lo');
});

it('takes names and places from the environment, as the agent does', async () => {
  const api = await start();
  api.put(node('node-a', '127.0.0.1'));
  const file = temporaryFolder({ 'agent.yaml': `kubeconfig: ${kubeconfig(api)}\nendpoints: 1000\n` });
  stack.use(file);
  process.env.NODE_NAME = 'node-a';
  try {
    const { code, out } = await run(['doctor', '--config', file.file('agent.yaml'), '--only', 'node-object']);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('the Node node-a: 127.0.0.1 on lo'),
    });
  } finally {
    delete process.env.NODE_NAME;
  }
});

it('tells a server that is not there from one that is not trusted, and from one that does not know us', async () => {
  const api = await start({ tls: true, token: 'secret' });
  const untrusted = { kubeconfig: kubeconfig(api, { ca: selfSignedCertificate().cert }) };
  expect(await short(untrusted)).toEqual([
    'api-server tls fail',
    'api-credentials skipped',
    'api-rights skipped',
    'node-object skipped',
    'clock skipped',
  ]);
  expect(await look(untrusted)).toContainEqual(remedy('openssl s_client -showcerts -connect 127.0.0.1:'));
  const unknown = { kubeconfig: kubeconfig(api, { token: 'old' }) };
  expect(await short(unknown)).toEqual([
    'api-server ok',
    'api-credentials fail',
    'api-rights skipped',
    'node-object skipped',
    'clock ok',
  ]);
  expect(await look(unknown)).toContainEqual(remedy('kubectl auth whoami'));
  await api.stop();
  const gone = { kubeconfig: kubeconfig(api) };
  expect(await short(gone)).toContain('api-server network fail');
  expect(await look(gone)).toContainEqual(found('ECONNREFUSED'));
});

it('a server by a service address, of a pod, is told of; outside of a pod there is none', async () => {
  expect(await short({ inCluster: true })).toContain('api-server access fail');
  expect(await look({ inCluster: true })).toContainEqual(found('KUBERNETES_SERVICE_HOST is not set'));
  expect(await look({ apiServer: 'https://192.0.2.10:6443' })).toContainEqual(
    found('--api-server goes with --in-cluster'),
  );
});

it('an address that only a service proxy answers at is told of, whether or not it answers now', () => {
  const byService = {
    server: 'https://198.51.100.1',
    inCluster: true,
    byService: true,
    rights: [],
    otherNodes: [],
  };
  expect(judge('api-server', byService)).toMatchObject([
    { status: 'ok' },
    {
      status: 'warn',
      about: 'address',
      remedy: expect.stringMatching(/^--api-server https:.*endpointslices/),
    },
  ]);
  const failure = { step: 'network', message: 'no answer' };
  expect(judge('api-server', { ...byService, failure })).toMatchObject([
    { status: 'fail', about: 'network', remedy: expect.stringContaining('only while a service proxy runs') },
  ]);
  expect(
    judge('api-server', { ...byService, server: 'http://127.0.0.1:8001', byService: false }),
  ).toMatchObject([{ status: 'ok' }, { status: 'note', about: 'tls' }]);
});

it('names each right that lacks, and the rule to add', async () => {
  const api = await start({ allows: ({ verb, resource }) => resource === 'services' || verb === 'list' });
  api.put(node('node-a', '127.0.0.1'));
  const verdicts = await lookHere('api-rights', {
    kubeconfig: kubeconfig(api),
    node: 'node-a',
    hostPorts: true,
  });
  expect(verdicts).toMatchObject([
    {
      about: 'endpointslices',
      status: 'fail',
      found: expect.stringContaining('may not watch endpointslices.discovery.k8s.io'),
      remedy: expect.stringContaining(
        '{apiGroups: ["discovery.k8s.io"], resources: [endpointslices], verbs: [list, watch]}',
      ),
    },
    { about: 'nodes', status: 'fail' },
    { about: 'pods', status: 'fail' },
  ]);
  api.fault({ when: ({ path }) => path.endsWith('selfsubjectaccessreviews'), status: 500, times: 6 });
  expect(await lookHere('api-rights', { kubeconfig: kubeconfig(api), node: 'node-a' })).toMatchObject([
    {
      about: 'services',
      status: 'warn',
      remedy: expect.stringContaining('kubectl auth can-i list services'),
    },
    { status: 'warn' },
    { status: 'warn' },
  ]);
});

it('finds the Node of this machine when another, or none, was named', async () => {
  const api = await start();
  api.put(node('node-a', '192.0.2.77'), node('node-b', '127.0.0.1', '203.0.113.1'), node('node-c'));
  const at = (name?: string) =>
    lookHere('node-object', { kubeconfig: kubeconfig(api), ...(name === undefined ? {} : { node: name }) });
  expect(await at('node-a')).toMatchObject([
    {
      status: 'fail',
      found: expect.stringContaining('192.0.2.77'),
      remedy: expect.stringContaining('hostNetwork'),
    },
  ]);
  expect(await at('node-b')).toMatchObject([
    { status: 'note', found: expect.stringContaining('203.0.113.1 on no device') },
  ]);
  expect(await at('node-c')).toMatchObject([
    { status: 'warn', remedy: expect.stringContaining('--node-ip') },
  ]);
  for (const name of ['node-x', undefined])
    expect(await at(name)).toMatchObject([
      {
        status: name ? 'fail' : 'skipped',
        remedy: '--node node-b: that Node has an address of this machine',
      },
    ]);
});

it('finds clocks that differ', async () => {
  const api = await start();
  const late = (seconds: number) =>
    api.fault({
      when: ({ path }) => path === '/version',
      respond: (_, response) => {
        response.setHeader('date', new Date(Date.now() - 1000 * seconds).toUTCString());
        response.end('{}');
      },
    });
  late(3 * 3600);
  expect(await lookHere('clock', { kubeconfig: kubeconfig(api) })).toMatchObject([
    {
      status: 'warn',
      found: 'this machine is at least 3 h ahead of the API server',
      remedy: expect.stringContaining('set-ntp'),
    },
  ]);
  late(-15);
  expect(await lookHere('clock', { kubeconfig: kubeconfig(api) })).toMatchObject([
    { status: 'note', found: expect.stringMatching(/at least 1\d s behind/) },
  ]);
});

it('finds who has the port of the health check', async () => {
  let answer = JSON.stringify({ lastUpdated: 'x', currentTime: 'x', nodeEligible: true });
  const server = createServer((_, response) => response.end(answer)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const at = { healthz: [{ address: '0.0.0.0', port }] };
  const own = `process ${process.pid}, `;
  try {
    const [proxy] = await lookHere('health-port', at);
    // Only root knows whether an lbx runs.
    expect(proxy).toMatchObject({
      status: process.getuid?.() === 0 ? 'warn' : 'ok',
      found: expect.stringContaining(own),
    });
    answer = 'hello';
    expect(await lookHere('health-port', at)).toMatchObject([
      {
        status: 'warn',
        found: expect.stringContaining(own),
        remedy: expect.stringContaining('--healthz-bind-address'),
      },
    ]);
  } finally {
    server.close();
  }
  expect(await lookHere('health-port', at)).toMatchObject([
    { status: 'ok', found: `nobody listens at 127.0.0.1:${port}` },
  ]);
  expect(await lookHere('health-port')).toMatchObject([{ status: 'skipped' }]);
});
