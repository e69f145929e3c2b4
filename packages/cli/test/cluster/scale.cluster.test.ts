import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeCluster,
  describeKernel,
  type KubeObject,
  startApiServer,
} from '@lbx/testing';
import { expect, it } from 'vitest';
import { socketsOnly, startAgentProcess } from '../agent-process.ts';
import { run } from '../run.ts';

const services = 10_000;
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** IPv6, because no IPv4 documentation prefix has so many addresses. */
const clusterIP = (index: number) => `2001:db8:96::1:${(index + 1).toString(16)}`;
const endpoint = (index: number) => `2001:db8:1::${(index + 1).toString(16)}`;
const service = (index: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: `s${index}` },
  spec: {
    type: 'ClusterIP',
    clusterIP: clusterIP(index),
    clusterIPs: [clusterIP(index)],
    ipFamilies: ['IPv6'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }],
  },
});
const slice = (index: number, address: string): KubeObject => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `s${index}-1`, labels: { 'kubernetes.io/service-name': `s${index}` } },
  addressType: 'IPv6',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints: [{ addresses: [address], conditions: { ready: true } }],
});

describeKernel('lbx agent at 10,000 services', () => {
  describeCluster('of a real API server', () => {
    it('has them in force within seconds, and a change of one at once', async () => {
      using netns = createNetns('scale');
      using cgroup = createCgroup('scale');
      using folder = createBpffsFolder('scale');
      using server = await startApiServer({ serviceRanges: '2001:db8:96::/108' });
      const pins = `${folder.path}/pins`;
      const real = '2001:db8::50';
      netns.addAddress('lo', `${real}/128`);
      netns.addRoute('2001:db8:96::/108', { device: 'lo' });
      const servers = netns.spawn(process.execPath, [script('./http-servers.ts'), real], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(servers.stdout!, 'data');
      const client = cgroup.in(netns).spawn(process.execPath, [script('./http-client.ts')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const answers = createInterface(client.stdout!)[Symbol.asyncIterator]();
      const ask = async (index: number) => {
        client.stdin?.write(`http://[${clusterIP(index)}]/ 2000\n`);
        return (await answers.next()).value as string;
      };
      const all = Array.from({ length: services }, (_, index) => index);
      await server.store(all.flatMap((index) => [service(index), slice(index, endpoint(index))]));

      const agent = startAgentProcess([
        ...socketsOnly({ cgroup: cgroup.path, pins }),
        ...['--kubeconfig', server.kubeconfig],
      ]);
      try {
        const inForce = () =>
          agent.events.some((event) => event.event === 'applied' && event.frontends >= services);
        // Some 3 s on a quiet machine; the bench has the figures.
        await expect.poll(inForce).toBe(true);
        const dump = (await run(['dump', '--pins', pins])).lines;
        for (const index of [0, 4999, 9999]) {
          expect(dump.some((line) => line.includes(`${clusterIP(index)}]:80/TCP`))).toBe(true);
          expect(dump.some((line) => line.includes(`${endpoint(index)}]:8080/TCP`))).toBe(true);
        }
        await server.replace(slice(7777, real));
        await expect.poll(() => ask(7777)).toBe(real);
      } finally {
        await agent.end('SIGKILL');
        await run(['cleanup', '--pins', pins]);
      }
    });
  });
});
