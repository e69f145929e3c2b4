import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  type ApiServer,
  type BpffsFolder,
  type Cgroup,
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeCluster,
  describeKernel,
  type KubeObject,
  type Netns,
  startApiServer,
} from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentProcess, socketsOnly, startAgentProcess } from '../agent-process.ts';
import { run } from '../run.ts';

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const service = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ name: 'http', port: 80 }] },
});
const slice = (name: string, ...addresses: string[]): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080 }],
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
});

describeKernel('lbx agent and a real API server', () => {
  describeCluster('sockets of a cgroup', () => {
    let server: ApiServer;
    let netns: Netns;
    let cgroup: Cgroup;
    let folder: BpffsFolder;
    let agent: AgentProcess | undefined;
    let client: ChildProcess;
    let answers: AsyncIterator<string>;
    const pins = () => `${folder.path}/pins`;
    const start = () => {
      agent = startAgentProcess([
        ...socketsOnly({ cgroup: cgroup.path, pins: pins() }),
        ...['--kubeconfig', server.kubeconfig],
      ]);
      return agent;
    };
    /** Real requests, one after the other; who answered them. Briefly, where nobody may be there yet. */
    const ask = async (address: string, times = 1, patienceMs = 60_000) => {
      const got: string[] = [];
      for (let i = 0; i < times; i++) {
        client.stdin?.write(`http://${address}/ ${patienceMs}\n`);
        got.push((await answers.next()).value as string);
      }
      return got;
    };
    const makeService = async (name: string, ...addresses: string[]) => {
      const { spec } = (await server.create(service(name))) as unknown as { spec: { clusterIP: string } };
      await server.create(slice(name, ...addresses));
      return spec.clusterIP;
    };
    const entriesOf = async (address: string) =>
      (await run(['dump', '--pins', pins()])).lines.filter((line) => line.includes(` ${address}:80/TCP`));
    const answersFrom = (address: string, ...wanted: string[]) =>
      expect.poll(async () => [...new Set(await ask(address, 12, 2000))].sort()).toEqual(wanted);

    beforeAll(async () => {
      netns = createNetns('agent');
      cgroup = createCgroup('agent');
      folder = createBpffsFolder('agent');
      const addresses = ['192.0.2.50', '192.0.2.51', '192.0.2.52'];
      for (const address of addresses) netns.addAddress('lo', `${address}/32`);
      // Without a route to it, connect() to a service's address would fail before it is asked for.
      netns.addRoute('198.51.100.0/24', { device: 'lo' });
      const servers = netns.spawn(process.execPath, [script('./http-servers.ts'), ...addresses], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(servers.stdout!, 'data');
      client = cgroup.in(netns).spawn(process.execPath, [script('./http-client.ts')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      answers = createInterface(client.stdout!)[Symbol.asyncIterator]();
      server = await startApiServer();
    });
    afterAll(async () => {
      await agent?.end('SIGKILL');
      if (folder !== undefined) await run(['cleanup', '--pins', pins()]);
      for (const made of [server, cgroup, netns, folder]) made?.close();
    });

    it('serves what is created, and stops sending to what is removed', async () => {
      await start().applied();
      const web = await makeService('web', '192.0.2.50', '192.0.2.51');
      await answersFrom(web, '192.0.2.50', '192.0.2.51');
      await server.replace(slice('web', '192.0.2.51'));
      await answersFrom(web, '192.0.2.51');
      await server.remove(slice('web'));
      await expect.poll(() => ask(web, 1, 2000)).not.toEqual(['192.0.2.51']);
      await server.create(slice('web', '192.0.2.52'));
      await answersFrom(web, '192.0.2.52');
      await server.remove(service('web'));
      await server.remove(slice('web'));
      await expect.poll(() => entriesOf(web)).toEqual([]);
    });

    it('killed, everything stays in force; started again, what changed meanwhile comes into force and no request is lost', async () => {
      const stays = await makeService('stays', '192.0.2.50');
      const goes = await makeService('goes', '192.0.2.50');
      const moves = await makeService('moves', '192.0.2.50');
      for (const address of [stays, goes, moves]) await answersFrom(address, '192.0.2.50');
      const before = await entriesOf(stays);
      expect(before.length).toBeGreaterThan(1);

      await agent?.end('SIGKILL');
      await server.remove(service('goes'));
      await server.remove(slice('goes'));
      await server.replace(slice('moves', '192.0.2.51'));
      const comes = await makeService('comes', '192.0.2.52');
      expect(await ask(stays, 5)).toEqual(Array(5).fill('192.0.2.50'));
      expect(await ask(moves)).toEqual(['192.0.2.50']);

      const lost: string[] = [];
      const again = start();
      while (!again.events.some(({ event }) => event === 'applied')) {
        lost.push(...(await ask(stays)).filter((answer) => answer !== '192.0.2.50'));
      }
      await answersFrom(moves, '192.0.2.51');
      await answersFrom(comes, '192.0.2.52');
      await answersFrom(stays, '192.0.2.50');
      expect(lost).toEqual([]);
      expect(await entriesOf(stays)).toEqual(before);
      expect(await entriesOf(goes)).toEqual([]);
      expect(again.events.find(({ event }) => event === 'loaded')).toMatchObject({
        takenOver: expect.any(Number),
      });
    });

    it('with the API server away at its start, it keeps what is pinned, and follows once there is one', async () => {
      const here = await makeService('here', '192.0.2.50');
      await answersFrom(here, '192.0.2.50');
      await agent?.end('SIGTERM');
      expect(agent?.events.at(-1)).toMatchObject({ event: 'stopped', pinned: true });
      await server.stop('SIGKILL');
      const early = start();
      await expect.poll(() => early.events.some(({ event }) => event === 'problem')).toBe(true);
      expect(await ask(here, 5)).toEqual(Array(5).fill('192.0.2.50'));
      expect(early.events.some(({ event }) => event === 'applied')).toBe(false);
      await server.restart();
      await server.replace(slice('here', '192.0.2.52'));
      await answersFrom(here, '192.0.2.52');
    });
  });
});
