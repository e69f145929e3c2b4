import { fileURLToPath } from 'node:url';
import {
  type CommandPlace,
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeKernel,
} from '@lbx/testing';
import { expect, it } from 'vitest';
import { talkTo } from '../../core/test/lines.ts';
import { object } from './agent-node.ts';
import { socketsOnly, startAgentProcess } from './agent-process.ts';
import { confined, given, withComponent } from './confined.ts';
import { run } from './run.ts';
import { temporaryFolder } from './temporary-folder.ts';

const backends = ['192.0.2.10', '192.0.2.11'];
const clusterIP = '198.51.100.70';
const service = object(
  'Service',
  { namespace: 'shop', name: 'dns' },
  { spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 53, targetPort: 8080, protocol: 'UDP' }] } },
);
const slice = (address: string) =>
  object(
    'EndpointSlice',
    { namespace: 'shop', name: 'dns-1', labels: { 'kubernetes.io/service-name': 'dns' } },
    { addressType: 'IPv4', ports: [{ port: 8080, protocol: 'UDP' }], endpoints: [{ addresses: [address] }] },
  );

/** A process that has sockets, told what to do by a command at a time. */
function startProcess(place: CommandPlace) {
  const script = fileURLToPath(new URL('../../core/test/udp-process.ts', import.meta.url));
  const lines = talkTo(place.spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] }));
  return (...command: unknown[]) => lines.ask(JSON.stringify(command));
}

describeKernel('connected UDP sockets whose backend goes', () => {
  it.each([
    ['those of pods stay, and the agent says why', 'the DaemonSet', given],
    ['those of pods too', 'the component udp-in-pods', withComponent('udp-in-pods')],
  ])('end on the node; %s, with the rights of %s', async (_, name, context) => {
    using node = createNetns('udp-node');
    using pod = createNetns('udp-pod');
    using cgroup = createCgroup('udp');
    using bpffs = createBpffsFolder('udp');
    using manifests = temporaryFolder({
      'service.json': service,
      'slice.json': slice(backends[0] as string),
    });
    const pins = `${bpffs.path}/pins`;
    const clients = [];
    for (const place of [node, pod]) {
      for (const address of backends) place.addAddress('lo', `${address}/32`);
      place.addRoute('198.51.100.0/24', { device: 'lo' });
      await startProcess(place)('serve', 8080, ...backends);
      clients.push(startProcess(cgroup.in(place)));
    }
    const [onNode, inPod] = clients as [(typeof clients)[0], (typeof clients)[0]];
    const flags = [...socketsOnly({ cgroup: cgroup.path, pins }), '--manifests', manifests.path];
    const agent = startAgentProcess(flags, { place: node, within: confined(context) });
    try {
      await agent.applied();
      for (const ask of clients) {
        await ask('connect', 'dns', clusterIP, 53);
        expect(await ask('talk', 'dns')).toBe(backends[0]);
      }
      manifests.write('slice.json', slice(backends[1] as string));
      expect(await onNode('failure', 'dns')).toBe('ECONNABORTED');
      if (name !== 'the DaemonSet') {
        expect(await inPod('failure', 'dns')).toBe('ECONNABORTED');
        return;
      }
      const notice = () => agent.events.find(({ event }) => event === 'notice');
      await expect.poll(notice).toMatchObject({
        message: expect.stringMatching(/UDP sockets stay with a backend that is gone.*CAP_SYS_ADMIN/s),
      });
      expect(await inPod('talk', 'dns')).toBe(backends[0]);
    } finally {
      await agent.end();
      await run(['cleanup', '--pins', pins]);
    }
  });
});
