import { createLoadBalancer, type LoadBalancer } from '@lbx/core';
import { place, ports } from './place.ts';

const MAGLEV_SIZE = 1021;

/** The load balancer of the node, with room for 10,000 services of two protocols and 10 backends. */
export function startBalancer(options: { xdp: 'native' | 'off'; cgroup: string | false }): LoadBalancer {
  return createLoadBalancer({
    devices: [place.device],
    ...options,
    pins: false,
    maglevSize: MAGLEV_SIZE,
    nodePortRange: ports.range,
    snatPorts: ports.snat,
    maxEntries: { lb4_services_v2: 524_288, lb4_reverse_nat: 65_536, lb4_maglev: 65_536 },
  });
}
