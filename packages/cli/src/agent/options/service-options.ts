import { optional, withDefault } from './agent-option.ts';
import { listOf } from './option-types/collections.ts';
import { bindAddress, nodePortAddress } from './option-types/network.ts';
import { text, yesOrNo } from './option-types/scalars.ts';

/** What services mean on this node, named as kube-proxy's options where it has them. */
export const serviceOptions = {
  nodeportAddresses: optional(
    listOf(nodePortAddress()),
    'all',
    "which addresses of the node serve NodePorts: prefixes, or 'primary'",
  ),
  loadBalancerClass: optional(
    listOf(text('name')),
    'all',
    "serve load balancer addresses of these classes only, '' for Services without one",
  ),
  externalIps: withDefault(yesOrNo(), true, 'serve spec.externalIPs of Services'),
  healthzBindAddress: withDefault(
    listOf(bindAddress()),
    ['0.0.0.0:10256', '[::]:10256'],
    "where /healthz, /livez and /readyz are, or 'none'",
  ),
};
