import type { Backend, ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LoadBalancerOptions } from '../../src/index.ts';
import type { OpenSocket } from './actor.ts';
import { type Family, families, hostPrefix, podPort } from './addresses.ts';
import { createLab, type Lab, type Nodes } from './lab.ts';
import type { Answer, Target, Transport } from './messages.ts';

const served: readonly Family[] = [4, 6];
const hooks: readonly { name: string; cable: 'wire' | 'offload'; options: LoadBalancerOptions }[] = [
  { name: 'XDP', cable: 'wire', options: { xdp: 'native' } },
  { name: 'tc', cable: 'offload', options: { xdp: 'off' } },
];
const port = 80;
const nodePort = 30_080;
/** A port of the pods that nobody listens on. */
const closedPort = 8099;
/** How long an answer is waited for that shall not come. */
const briefly = { timeoutMs: 300 };
const timeout: Answer = { error: 'timeout' };
const refused: Answer = { error: 'ECONNREFUSED' };

describeKernel('what becomes of connections', () => {
  let lab: Lab;
  let nodes: Nodes;
  beforeAll(async () => {
    lab = await createLab();
  });
  afterAll(() => lab?.[Symbol.dispose]());

  describe.each(hooks)('$name', ({ cable, options }) => {
    beforeAll(async () => {
      lab.network.setCable(cable);
      lab.network.setSecondCable(true);
      nodes = await lab.start(options);
    });
    afterAll(() => nodes?.stop());

    describe.each(served)('IPv%i', (family) => {
      const { clients, loadBalancer, clusterIp, node, local, remote } = families[family];
      const sockets: OpenSocket[] = [];
      const to = (protocol: Transport, more: Partial<Target> = {}): Target => ({
        protocol,
        from: clients[0],
        to: loadBalancer,
        port,
        ...more,
      });
      const open = async (target: Target) => {
        const socket = await lab.client.open(target);
        sockets.push(socket);
        return socket;
      };
      const backends = (addresses: readonly string[], more: Partial<Backend> = {}): Backend[] =>
        addresses.flatMap((address) =>
          (['TCP', 'UDP'] as const).map((protocol) => ({
            address,
            port: podPort,
            protocol,
            node: remote.pods.includes(address) ? ('other' as const) : ('local' as const),
            ...more,
          })),
        );
      const serve = (of: readonly Backend[], more: Partial<ServiceSpec> = {}) =>
        nodes.node1.apply([
          {
            name: 'lab/one',
            frontends: (['TCP', 'UDP'] as const).flatMap((protocol) => [
              { address: loadBalancer, port, protocol, type: 'LoadBalancer' },
              { address: clusterIp, port, protocol, type: 'ClusterIP' },
              { address: family === 4 ? '0.0.0.0' : '::', port: nodePort, protocol, type: 'NodePort' },
            ]),
            backends: of,
            ...more,
          },
        ]);
      /** Who answered so many new sockets, each named once. */
      const whoAnswers = async (target: Target, count = 16) => {
        const answers = await lab.client.ask(target, { count });
        return [...new Set(answers.map(({ who, error }) => who ?? error))].sort();
      };
      const pods = [...local.pods, ...remote.pods];
      const places = [
        ['elsewhere', remote.pods],
        ['on the node', local.pods],
      ] as const;
      afterEach(async () => {
        for (const socket of sockets.splice(0)) await socket.close();
      });

      describe.each(['TCP', 'UDP'] as const)('%s', (protocol) => {
        it('all backends get their share', async () => {
          await serve(backends(pods));
          expect(await whoAnswers(to(protocol), 64)).toEqual([...pods].sort());
        });

        it('session affinity: a client stays with one backend, on all addresses of the service', async () => {
          await serve(backends(pods), { affinitySeconds: 60 });
          const [first] = await whoAnswers(to(protocol));
          expect(await whoAnswers(to(protocol))).toEqual([first]);
          expect(pods).toContain(first);
          // Its backend goes; it is given another one, and stays there.
          await serve(backends(pods.filter((pod) => pod !== first)), { affinitySeconds: 60 });
          const second = await whoAnswers(to(protocol));
          expect(second).toHaveLength(1);
          expect(second).not.toEqual([first]);
        });

        it('source ranges: only clients inside of them are served', async () => {
          const [inside, outside] = clients;
          await serve(backends(pods), { sourceRanges: [hostPrefix(inside)] });
          expect((await lab.client.ask(to(protocol, { from: inside })))[0]).toMatchObject({ intact: true });
          expect(await lab.client.ask(to(protocol, { from: outside }), briefly)).toEqual([timeout]);
          // They are not for NodePorts.
          const nodePortTarget = { to: node[0], port: nodePort, from: outside };
          expect((await lab.client.ask(to(protocol, nodePortTarget)))[0]).toMatchObject({ intact: true });
        });

        it('denied source ranges: only clients outside of them are served', async () => {
          const [denied, other] = clients;
          await serve(backends(pods), { sourceRanges: [hostPrefix(denied)], sourceRangesPolicy: 'deny' });
          expect(await lab.client.ask(to(protocol, { from: denied }), briefly)).toEqual([timeout]);
          expect((await lab.client.ask(to(protocol, { from: other })))[0]).toMatchObject({ intact: true });
        });

        it('a ClusterIP is not for clients outside, and neither is an unknown port', async () => {
          await serve(backends(pods));
          expect(await lab.client.ask(to(protocol, { to: clusterIp }), briefly)).toEqual([timeout]);
          expect(await lab.client.ask(to(protocol, { port: 81 }), briefly)).toEqual([timeout]);
        });

        it.each(places)(
          'a backend %s that terminates keeps its connections and gets no new ones',
          async (_, [a, b]) => {
            await serve(backends([a]));
            const connection = await open(to(protocol));
            expect(await connection.exchange()).toMatchObject({ who: a });
            await serve([...backends([a], { state: 'terminating' }), ...backends([b])]);
            expect(await whoAnswers(to(protocol))).toEqual([b]);
            expect(await connection.exchange({ up: 1000 })).toMatchObject({ who: a, intact: true });
          },
        );

        it.each(places)('a backend %s that is removed loses its connections at once', async (_, [a, b]) => {
          await serve(backends([a]));
          const connection = await open(to(protocol));
          expect(await connection.exchange()).toMatchObject({ who: a });
          await serve(backends([b]));
          // Another backend knows nothing of a TCP connection and says so; datagrams go on with it.
          expect(await connection.exchange()).toMatchObject(
            protocol === 'TCP' ? { error: 'ECONNRESET' } : { who: b, intact: true },
          );
          expect(await whoAnswers(to(protocol))).toEqual([b]);
        });

        it('traffic policy Local without a backend on the node: nobody answers, nobody refuses', async () => {
          await serve(backends(remote.pods), { extLocal: true });
          expect(await lab.client.ask(to(protocol, { connected: true }), briefly)).toEqual([timeout]);
        });

        it('no backends at all: refused', async () => {
          await serve([]);
          for (const more of [{}, { to: node[1], port: nodePort }])
            expect(await lab.client.ask(to(protocol, { ...more, connected: true }))).toEqual([refused]);
        });

        it.each(places)('a pod %s that listens on another port: the client hears of it', async (_, pods) => {
          await serve(backends(pods, { port: closedPort }));
          expect(await lab.client.ask(to(protocol, { connected: true }))).toEqual([refused]);
        });

        it.each(places)('a narrow way to a pod %s: the client learns of it', async (where, pods) => {
          const node = where === 'on the node' ? 1 : 2;
          await serve(backends(pods));
          try {
            lab.network.setPodMtu(node, 1300);
            const socket = await open(to(protocol));
            if (protocol === 'UDP') {
              // Nobody sends a datagram again; the client's kernel now knows how to cut the next one.
              expect(await socket.exchange({ up: 1400, timeoutMs: 300 })).toEqual(timeout);
              expect(await socket.exchange({ up: 1400, down: 1400 })).toMatchObject({ intact: true });
            } else {
              expect(await socket.exchange({ up: 400_000, down: 400_000 })).toMatchObject({ intact: true });
            }
          } finally {
            lab.network.setPodMtu(node, 1500);
            lab.network.forgetPaths();
          }
        });
      });

      const serves = async (socket: OpenSocket, pod: string) =>
        expect.poll(() => socket.exchange({ timeoutMs: 300 })).toMatchObject({ who: pod, intact: true });

      it.each(places)(
        'a sender of datagrams goes on when all pods %s went and another came, and when the service did',
        async (_, [a, b]) => {
          await serve(backends([a]));
          const socket = await open(to('UDP', { connected: true }));
          await serves(socket, a);
          await serve([]);
          expect(await socket.exchange()).toEqual(refused);
          await serve(backends([b]));
          await serves(socket, b);
          await nodes.node1.apply([]);
          expect(await socket.exchange(briefly)).not.toHaveProperty('who');
          await serve(backends([a]));
          await serves(socket, a);
        },
      );

      it('with traffic policy Local too: while pods are elsewhere only, its datagrams are dropped', async () => {
        const [here, next] = local.pods;
        await serve(backends([here]), { extLocal: true });
        const socket = await open(to('UDP', { connected: true }));
        await serves(socket, here);
        await serve(backends(remote.pods), { extLocal: true });
        expect(await socket.exchange(briefly)).toEqual(timeout);
        await serve(backends([next, ...remote.pods]), { extLocal: true });
        await serves(socket, next);
      });

      it.each(places)('datagrams in fragments, with a pod %s', async (_, pods) => {
        await serve(backends(pods));
        const answers = await lab.client.ask(to('UDP'), { up: 4000, down: 4000, count: 4 });
        expect(answers).toHaveLength(4);
        for (const answer of answers) expect(answer).toMatchObject({ intact: true });
      });
    });
  });
});
