import { once } from 'node:events';
import { type CommandPlace, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { node, object, startNode, until } from './agent-node.ts';

const podIPs = { one: '198.51.100.51', two: '198.51.100.52' };
type Name = keyof typeof podIPs;

const pod = (name: Name, createdAt: string, ports: readonly object[]) =>
  object(
    'Pod',
    { namespace: 'shop', name, creationTimestamp: createdAt },
    {
      spec: { nodeName: 'node-a', containers: [{ name: 'web', ports }] },
      status: { phase: 'Running', podIPs: [{ ip: podIPs[name] }] },
    },
  );
const port = (hostPort: number, hostIP?: string) => ({
  containerPort: 8080,
  hostPort,
  ...(hostIP ? { hostIP } : {}),
});
const older = '2026-01-01T00:00:00Z';
const younger = '2026-01-02T00:00:00Z';
const files = {
  'one.json': pod('one', older, [port(8000), port(8001, node.v4), port(8002, '127.0.0.1')]),
  'two.json': pod('two', younger, [port(8000)]),
};

/** Says who answers at an address, or why nobody does. */
function ask(place: CommandPlace, address: string, to: number): string {
  const program = `const s = require('node:net').connect(process.argv[2], process.argv[1]);
    s.on('data', (d) => { process.stdout.write(d); s.destroy(); }).on('error', (e) => process.stdout.write(e.code));`;
  return place.exec(process.execPath, ['-e', program, address, String(to)]);
}

/** What stands for the Pods: a server on each one's address that says its name. */
async function serve(agent: Awaited<ReturnType<typeof startNode>>): Promise<void> {
  for (const [name, address] of Object.entries(podIPs)) {
    agent.netns.addAddress('lo', `${address}/32`);
    const program = `require('node:net').createServer((s) => s.end(process.argv[1])).listen(8080, process.argv[2], () => console.log('up'));`;
    const server = agent.netns.spawn(process.execPath, ['-e', program, name, address], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(server.stdout!, 'data');
  }
}

describeKernel('host ports of Pods', () => {
  it('are served where the Pod asks for them, to the older Pod as long as it is there', async () => {
    await using agent = await startNode(files, ['--healthz-bind-address', 'none']);
    await serve(agent);
    const at = (address: string, to: number) => ask(agent.inside, address, to);
    const everywhere = ['127.0.0.1', node.v4, node.v4other];
    await until(() => at(node.v4, 8000) === 'one');
    expect(everywhere.map((address) => at(address, 8000))).toEqual(['one', 'one', 'one']);
    expect(everywhere.map((address) => at(address, 8001))).toEqual(['ECONNREFUSED', 'one', 'ECONNREFUSED']);
    expect(everywhere.map((address) => at(address, 8002))).toEqual(['one', 'ECONNREFUSED', 'ECONNREFUSED']);
    await expect
      .poll(() => agent.problems)
      .toEqual([
        'Pod shop/one and Pod shop/two both claim 0.0.0.0:8000/TCP: Pod shop/one has it; give one of them another address or port',
      ]);

    agent.remove('one.json');
    await expect.poll(() => everywhere.map((address) => at(address, 8000))).toEqual(['two', 'two', 'two']);
    await expect.poll(() => at(node.v4, 8001)).toBe('ECONNREFUSED');
    agent.remove('two.json');
    await until(() => at(node.v4, 8000) === 'ECONNREFUSED');
  });

  it('yield to a NodePort, which is served on the addresses chosen for it', async () => {
    const web = object(
      'Service',
      { namespace: 'shop', name: 'web', creationTimestamp: younger },
      {
        spec: {
          type: 'NodePort',
          clusterIP: '198.51.100.10',
          ports: [{ name: 'http', port: 80, nodePort: 30_080 }],
        },
      },
    );
    const slice = object(
      'EndpointSlice',
      { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      {
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080 }],
        endpoints: [{ addresses: [podIPs.two] }],
      },
    );
    const flags = ['--healthz-bind-address', 'none', '--nodeport-addresses', 'primary'];
    const pods = { 'one.json': pod('one', older, [port(30_080)]) };
    await using agent = await startNode({ 'web.json': web, 'slice.json': slice, ...pods }, flags);
    await serve(agent);
    const at = (address: string) => ask(agent.inside, address, 30_080);
    await until(() => at(node.v4) === 'two');
    // The Pod wants all addresses, and has those that serve no NodePorts.
    expect(['127.0.0.1', node.v4other].map(at)).toEqual(['one', 'one']);
    agent.remove('one.json');
    await until(() => at(node.v4other) === 'ECONNREFUSED');
    await expect.poll(() => ['127.0.0.1', node.v4].map(at)).toEqual(['ECONNREFUSED', 'two']);
  });
});
