import type { AskRoute, RouteAnswer } from '@lbx/maps';
import { type Lab, place } from '../xdp-lab.ts';

/** A backend and client behind the other device, with a link address that is known. */
const FAR = '198.51.100.140';
const FAR_MAC = '02:00:00:00:03:8c';
const PODS_MAC = '02:00:00:00:03:01';

/** Routes that the lab has besides its own. */
export function addRoutes(lab: Lab): void {
  lab.ip(`link set pods address ${PODS_MAC}`);
  lab.ip(`neigh replace ${FAR} lladdr ${FAR_MAC} dev pods nud permanent`);
  lab.ip('route add unreachable 203.0.113.240/28');
}

/** What the kernel says in the lab: `bpf_fib_lookup()` in words. */
export const askRoute: AskRoute = (_from, to): RouteAnswer => {
  const [a, b, c, d] = to.split('.').map(Number) as [number, number, number, number];
  const net = `${a}.${b}.${c}`;
  const via = (nextHop: string, dmac: string) =>
    ({ kind: 'ok', device: 'eth0', nextHop, dmac, smac: place.nodeMac }) as const;
  if (net === '203.0.113') return d >= 240 ? { kind: 'refused' } : via(place.router, place.routerMac);
  if (net === '192.0.2') {
    if (d === 1 || d === 255) return { kind: 'local' };
    if (d === 254) return via(to, place.routerMac);
    return d >= 10 && d < 20 ? via(to, place.backendMac(d - 10)) : { kind: 'no-neighbour', device: 'eth0' };
  }
  if (to === FAR) return { kind: 'ok', device: 'pods', nextHop: to, dmac: FAR_MAC, smac: PODS_MAC };
  if (net === '198.51.100' && d >= 128) return { kind: 'no-neighbour', device: 'pods' };
  return { kind: 'local' };
};
