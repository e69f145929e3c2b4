import type { FrontendKind } from '../../src/semantics/verdict.ts';
import { endpoint, service } from '../objects.ts';

export const node = '192.0.2.1';
export const otherNodeAddress = '192.0.2.2';
/** Of whom the table speaks. The pod is one of this node. */
export const callers = {
  client: '203.0.113.77',
  pod: '198.51.100.250',
  node,
} as const;
export type Caller = keyof typeof callers;
export const podRange = '198.51.100.128/25';

/** A way to reach a Service, and what is set there. */
export interface Place {
  readonly name: string;
  readonly kind: FrontendKind;
  readonly address: string;
  readonly service: object;
}

const ports = [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30_080 }];
const ingress = (ip: string) => ({ loadBalancer: { ingress: [{ ip }] } });
const vip = '203.0.113.9';
const externalIP = '203.0.113.5';
const external = (
  name: string,
  policy: string,
  kind: FrontendKind,
  address: string,
  spec: object = {},
): Place => ({
  name: `${name}, externalTrafficPolicy ${policy}`,
  kind,
  address,
  service: service(
    { type: 'NodePort', externalTrafficPolicy: policy, ports, ...spec },
    {},
    kind === 'loadBalancerVIP' ? ingress(address) : undefined,
  ),
});

export const places: readonly Place[] = [
  ...['Cluster', 'Local'].map(
    (internalTrafficPolicy): Place => ({
      name: `ClusterIP, internalTrafficPolicy ${internalTrafficPolicy}`,
      kind: 'clusterIP',
      address: '198.51.100.10',
      service: service({ internalTrafficPolicy }),
    }),
  ),
  ...['Cluster', 'Local'].map((policy) => external('NodePort', policy, 'nodePort', node)),
  ...['Cluster', 'Local'].map((policy) =>
    external('external IP', policy, 'externalIP', externalIP, { externalIPs: [externalIP] }),
  ),
  external('external IP that is the node’s', 'Local', 'externalIP', otherNodeAddress, {
    externalIPs: [otherNodeAddress],
  }),
  ...['Cluster', 'Local'].map((policy) =>
    external('load balancer VIP', policy, 'loadBalancerVIP', vip, { type: 'LoadBalancer' }),
  ),
  external('load balancer VIP, source ranges without the caller', 'Cluster', 'loadBalancerVIP', vip, {
    type: 'LoadBalancer',
    loadBalancerSourceRanges: ['203.0.113.128/25'],
  }),
];

const here = { nodeName: 'node-a' };
const draining = { conditions: { ready: false, serving: true, terminating: true } };
const unready = { conditions: { ready: false, serving: false } };

export const endpointStates: readonly { readonly name: string; readonly endpoints: readonly object[] }[] = [
  { name: 'here and elsewhere', endpoints: [endpoint('192.0.2.50', here), endpoint('192.0.2.60')] },
  { name: 'elsewhere', endpoints: [endpoint('192.0.2.60')] },
  {
    name: 'terminating here, ready elsewhere',
    endpoints: [endpoint('192.0.2.50', { ...here, ...draining }), endpoint('192.0.2.60')],
  },
  { name: 'terminating elsewhere only', endpoints: [endpoint('192.0.2.60', draining)] },
  {
    name: 'not ready',
    endpoints: [endpoint('192.0.2.50', { ...here, ...unready }), endpoint('192.0.2.60', unready)],
  },
  { name: 'none', endpoints: [] },
];
