import type { LocalAddress } from '@lbx/core';
import type { ClusterProbe, ProbedNode } from '@lbx/k8s-sync';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';
import { clusterFacts, noCluster, unanswered } from './cluster-facts.ts';

export interface NodeFacts extends ClusterProbe {
  /** The name that was given. */
  readonly name: string | undefined;
  readonly addresses: readonly Pick<LocalAddress, 'address' | 'device'>[];
}

export const nodeObjectCheck = defineCheck<NodeFacts>({
  id: 'node-object',
  group: 'Kubernetes',
  tries: "looks for the Node of --node, and for its addresses on this machine's devices",
  matters:
    'which endpoints are local, the zone and the addresses of NodePorts are those of another machine, or unknown',
  remedy: '--node with the name that kubectl get nodes -o wide shows beside an address of this machine',
  needsRoot: false,
  skips: noCluster,
  probe: async (context) => ({
    ...(await clusterFacts(context)),
    name: context.options.node,
    addresses: context.addresses,
  }),
  judge(facts) {
    const none = unanswered(facts);
    if (none !== undefined) return none;
    return [judgeNode(facts)];
  },
});

function judgeNode({ name, node, otherNodes, addresses }: NodeFacts): Verdict {
  const isHere = (one: ProbedNode) => one.addresses.some((address) => deviceOf(address) !== undefined);
  const deviceOf = (address: string) => addresses.find((one) => one.address === address)?.device;
  const ours = otherNodes.find(isHere);
  const say =
    ours === undefined
      ? 'kubectl get nodes -o wide shows the names'
      : `--node ${ours.name}: that Node has an address of this machine`;
  if (name === undefined)
    return {
      status: 'skipped',
      found: 'no name was given',
      remedy: ours === undefined ? '--node NAME' : say,
    };
  if (node === undefined)
    return { status: 'skipped', found: `the API server does not show the Node ${name}: see api-rights` };
  if (node === 'missing')
    return { status: 'fail', found: `there is no Node ${name}: the agent would wait for it`, remedy: say };
  if (node.addresses.length === 0)
    return {
      status: 'warn',
      found: `the Node ${name} has no InternalIP or ExternalIP yet: NodePorts are served on the devices' addresses`,
      remedy: 'look at the kubelet of this node (--node-ip), and at the cloud controller',
    };
  const elsewhere = node.addresses.filter((address) => deviceOf(address) === undefined);
  if (!isHere(node))
    return {
      status: 'fail',
      found: `no device here has an address of the Node ${name} (${elsewhere.join(', ')}): it is another machine, or another network namespace`,
      remedy: `say the name of this machine's Node, or run with the network of the host (hostNetwork); ip address shows what is here`,
    };
  const here = node.addresses.flatMap((address) => {
    const device = deviceOf(address);
    return device === undefined ? [] : [`${address} on ${device}`];
  });
  const rest =
    elsewhere.length === 0
      ? ''
      : `; ${elsewhere.join(', ')} on no device (of a router before it, or a cloud's)`;
  return {
    status: elsewhere.length === 0 ? 'ok' : 'note',
    found: `the Node ${name}: ${here.join(', ')}${rest}`,
  };
}
