import type { Backend, Frontend, FrontendType, Protocol } from '@lbx/maps';
import type { Random } from '@lbx/testing';
import { place } from '../xdp-lab.ts';

/** Service addresses; the node's own are for NodePorts and host ports. */
export const VIPS = [place.loadBalancer, place.external, place.clusterIp, '198.51.100.20'] as const;
export const PORTS = [80, 81, 53] as const;
const TYPES: readonly FrontendType[] = ['LoadBalancer', 'ExternalIP', 'ClusterIP', 'NodePort', 'HostPort'];

/** Backends that a remote node has; those after the tenth cannot be reached, each in a way of its own. */
const REMOTE = [
  ...Array.from({ length: 10 }, (_, n) => place.backend(n)),
  '192.0.2.77', // nobody answers for it on the link
  '203.0.113.241', // a route that refuses
  '198.51.100.140', // behind another device
  '198.51.100.99', // no route at all
] as const;
const LOCAL = [place.pod, '198.51.100.131'] as const;

/** Services of every kind: some good, some without backends, for nobody, or half understood. */
export function randomServices(random: Random): Frontend[] {
  const backends = backendsOf(random);
  const taken = new Set<string>();
  const frontends: Frontend[] = [];
  for (let n = 2 + random.below(8); n > 0; n--) {
    for (const frontend of oneService(random, backends)) {
      const key = `${frontend.address}:${frontend.port}/${frontend.protocol}/${frontend.scope ?? 'external'}`;
      const own = ['NodePort', 'HostPort'].includes(frontend.type)
        ? `:${frontend.port}/${frontend.protocol}`
        : key;
      if (taken.has(key) || taken.has(own)) continue;
      taken.add(key).add(own);
      frontends.push(frontend);
    }
  }
  return frontends;
}

/** A backend has one state, whoever uses it. */
function backendsOf(random: Random): Backend[] {
  const count = 1 + random.below(6);
  return Array.from({ length: count }, () => {
    const isLocal = random.chance(30);
    const address = isLocal
      ? random.pick(LOCAL)
      : random.chance(90)
        ? REMOTE[random.below(10)]!
        : random.pick(REMOTE);
    return {
      address,
      port: random.pick([8080, 8081, 80]),
      protocol: 'TCP',
      node: isLocal ? 'local' : 'other',
      ...(random.chance(20) && {
        state: random.pick(['terminating', 'terminating-not-serving', 'quarantined', 'maintenance'] as const),
      }),
      ...(random.chance(30) && { weight: random.pick([1, 50, 100, 300]) }),
    } satisfies Backend;
  });
}

function* oneService(random: Random, pool: readonly Backend[]): Generator<Frontend> {
  const type = random.pick(TYPES);
  const protocol: Protocol = random.pick(['TCP', 'TCP', 'UDP']);
  const count = random.pick([0, 1, 1, 2, 3, 6]);
  const chosen = Array.from({ length: count }, () => random.pick(pool));
  const unique = [...new Map(chosen.map((each) => [`${each.address}:${each.port}`, each])).values()];
  const backends = unique.map((each) => ({ ...each, protocol }));
  const isNode = type === 'NodePort' || type === 'HostPort';
  const frontend: Frontend = {
    service: `test/${random.below(1e6)}`,
    type,
    protocol,
    address: isNode ? place.node : random.pick(VIPS),
    port:
      type === 'NodePort' ? 30080 + random.below(3) : isNode ? 8080 + random.below(2) : random.pick(PORTS),
    backends,
    ...(random.chance(25)
      ? { affinitySeconds: random.pick([0, 1, 10, 10800]) }
      : random.chance(5) && { proxyPort: 9000 }),
    ...(random.chance(30) && { algorithm: random.pick(['random', 'maglev'] as const) }),
    ...(random.chance(20) && {
      sourceRanges: random.pick([
        ['203.0.113.0/24'],
        ['203.0.113.4/30', '192.0.2.0/24'],
        ['203.0.113.5/32'],
        ['0.0.0.0/0'],
      ]),
      ...(random.chance(40) && { sourceRangesPolicy: 'deny' as const }),
    }),
    ...(random.chance(15) && { endpointsElsewhere: true }),
    ...(random.chance(3) && { natPolicy: 'Nat46' as const }),
    ...(random.chance(5) && { forwarding: 'dsr' as const }),
    ...(type === 'HostPort'
      ? random.chance(20) && { loopbackHostPort: true }
      : random.chance(3) && { proxyDelegation: 'delegate-if-local' as const }),
  };
  if (!isNode && random.chance(15)) {
    yield { ...frontend, extLocal: true };
    yield { ...frontend, extLocal: true, scope: 'internal' };
  } else yield frontend;
}
