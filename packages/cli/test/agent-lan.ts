import { createPacketWorld, addresses as world } from '../../core/test/packet-world.ts';
import { object } from './agent-node.ts';
import { type AgentProcess, type AgentSurroundings, startAgentProcess } from './agent-process.ts';
import { run } from './run.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** `node` has the agent; the rest is in the network beside it. */
export const addresses = { ...world, clusterIP: '198.51.100.70' };

const slice = (backends: readonly string[]) =>
  object(
    'EndpointSlice',
    { namespace: 'shop', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
    {
      addressType: 'IPv4',
      ports: [{ port: 8080, protocol: 'TCP' }],
      endpoints: backends.map((address) => ({ addresses: [address], nodeName: 'other' })),
    },
  );
const service = object(
  'Service',
  { namespace: 'shop', name: 'web' },
  {
    spec: {
      type: 'LoadBalancer',
      clusterIP: addresses.clusterIP,
      clusterIPs: [addresses.clusterIP],
      ports: [{ port: 80, targetPort: 8080, protocol: 'TCP' }],
    },
    status: { loadBalancer: { ingress: [{ ip: addresses.service }] } },
  },
);

/**
 * A node with a LAN beside it, and agents that follow one folder of manifests: a Service `shop/web` whose backends, the
 * first of them at first, are in the LAN and echo lines. `files`: more manifests.
 */
export async function createAgentLan(files: Readonly<Record<string, string>> = {}) {
  using failed = new DisposableStack();
  const lan = failed.adopt(await createPacketWorld(), (one) => one.close());
  const manifests = failed.use(
    temporaryFolder({ ...files, 'service.json': service, 'slice.json': slice([addresses.remote[0]]) }),
  );
  const stack = failed.move();
  const agents: AgentProcess[] = [];
  return {
    ...lan,
    manifests,
    /** Who serves from now on. */
    setBackends: (...backends: string[]) => manifests.write('slice.json', slice(backends)),
    /** Starts an agent on the node, with XDP on its device, and waits until the Service is in force. */
    async startAgent(flags: readonly string[], surroundings: AgentSurroundings = {}): Promise<AgentProcess> {
      const agent = startAgentProcess(
        [
          ...['--device', 'eth0', '--xdp', 'native', '--manifests', manifests.path, '--pins', lan.pins],
          ...flags,
        ],
        { place: lan.node, ...surroundings },
      );
      agents.push(agent);
      await agent.applied();
      return agent;
    },
    async [Symbol.asyncDispose]() {
      for (const agent of agents) await agent.end();
      await run(['cleanup', '--pins', lan.pins]);
      stack.dispose();
    },
  };
}

export type AgentLan = Awaited<ReturnType<typeof createAgentLan>>;
