import type { Backend, Frontend } from '@lbx/maps';
import { type IpAddress, isUnspecified } from '../objects/ip-address.ts';
import type { PodObject } from '../objects/pod-object.ts';

/**
 * The frontends of a Pod's host ports, as the kubelet has them mapped (CNI portmap): none for a Pod on the node's own
 * network, for one without an address and for one that has ended; a Pod that is being deleted has them until then.
 *
 * No hostIP: every address of the node, each family to the Pod's address of that family. 0.0.0.0 or ::: every address of
 * that family. Any other: that one. Loopback addresses get a frontend of their own, because it is only there that
 * sockets of the node find ports outside of the NodePort range.
 */
export function hostPortFrontends(pod: PodObject): Frontend[] {
  if (pod.hostNetwork || pod.finished) return [];
  const frontends: Frontend[] = [];
  const service = podClaimName(pod.namespace, pod.name);
  for (const { hostIP, hostPort, containerPort, protocol } of pod.hostPorts) {
    for (const ip of pod.ips) {
      if (hostIP !== undefined && hostIP.family !== ip.family) continue;
      const backends: Backend[] = [{ address: ip.text, port: containerPort, protocol, node: 'local' }];
      for (const address of addressesOf(hostIP, ip)) {
        frontends.push({
          service,
          type: 'HostPort',
          address,
          port: hostPort,
          protocol,
          backends,
          ...(isLoopback(address) ? { loopbackHostPort: true } : {}),
        });
      }
    }
  }
  return frontends;
}

/** What a Pod is called as the owner of frontends. Sorts before all Services, and no Service can have the name. */
export function podClaimName(namespace: string, name: string): string {
  return `Pod ${namespace}/${name}`;
}

function addressesOf(hostIP: IpAddress | undefined, podIP: IpAddress): string[] {
  if (hostIP !== undefined && !isUnspecified(hostIP)) return [hostIP.text];
  // The kernel has no NAT for ::1, so nobody expects it to work there.
  return podIP.family === 'IPv4' ? ['0.0.0.0', '127.0.0.1'] : ['::'];
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
