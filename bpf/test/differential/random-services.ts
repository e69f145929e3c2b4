import type { Backend, Family, Frontend, FrontendType, Protocol } from '@lbx/maps';
import type { Random } from '@lbx/testing';
import { places } from './place.ts';

export const PORTS = [80, 81, 53] as const;
const TYPES: readonly FrontendType[] = ['LoadBalancer', 'ExternalIP', 'ClusterIP', 'NodePort', 'HostPort'];

const RANGES: readonly (readonly string[])[] = [
  ['203.0.113.0/24', '2001:db8:3::/64'],
  ['203.0.113.4/30', '192.0.2.0/24', '2001:db8:2::/48'],
  ['203.0.113.5/32', '2001:db8:3::5/128'],
  ['0.0.0.0/0', '::/0'],
];

/** Services of every kind: some good, some without backends, for nobody, or half understood. */
export function randomServices(random: Random): Frontend[] {
  const backends = { 4: backendsOf(random, 4), 6: backendsOf(random, 6) };
  const taken = new Set<string>();
  const frontends: Frontend[] = [];
  for (let n = 3 + random.below(10); n > 0; n--) {
    for (const frontend of oneService(random, random.chance(55) ? 4 : 6, backends)) {
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
function backendsOf(random: Random, family: Family): Backend[] {
  const { pods, far, backends, unreachable } = places[family];
  const count = 1 + random.below(6);
  return Array.from({ length: count }, () => {
    const isLocal = random.chance(30);
    const remote = random.chance(90) ? backends : [...unreachable, far];
    const address = random.pick(isLocal ? pods : remote);
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

/** SCTP keeps its port. Those that differ by state only become one without. */
function sctpBackends(backends: readonly Backend[], port: number): Backend[] {
  const addresses = new Map(backends.map(({ address, node }) => [address, node]));
  return [...addresses].map(([address, node]) => ({
    address,
    port,
    protocol: 'SCTP',
    ...(node && { node }),
  }));
}

function* oneService(
  random: Random,
  family: Family,
  pools: Readonly<Record<Family, readonly Backend[]>>,
): Generator<Frontend> {
  const { node, vips } = places[family];
  const type = random.pick(TYPES);
  const protocol: Protocol = random.pick(['TCP', 'TCP', 'TCP', 'UDP', 'UDP', 'SCTP']);
  const count = random.pick([0, 1, 1, 2, 3, 6]);
  const chosen = Array.from({ length: count }, () => random.pick(pools[family]));
  const unique = [...new Map(chosen.map((each) => [`${each.address}:${each.port}`, each])).values()];
  const isNode = type === 'NodePort' || type === 'HostPort';
  const port =
    type === 'NodePort' ? 30080 + random.below(3) : isNode ? 8080 + random.below(2) : random.pick(PORTS);
  const backends =
    protocol === 'SCTP' && random.chance(80)
      ? sctpBackends(unique, port)
      : unique.map((each) => ({ ...each, protocol }));
  const frontend: Frontend = {
    service: `test/${random.below(1e6)}`,
    type,
    protocol,
    address: isNode ? node : random.pick(vips),
    port,
    backends,
    ...(random.chance(25)
      ? { affinitySeconds: random.pick([0, 10, 10800]) }
      : random.chance(5) && { proxyPort: 9000 }),
    ...(random.chance(30) && { algorithm: random.pick(['random', 'maglev'] as const) }),
    ...(random.chance(20) && {
      sourceRanges: random.pick(RANGES),
      ...(random.chance(40) && { sourceRangesPolicy: 'deny' as const }),
    }),
    ...(random.chance(15) && { endpointsElsewhere: true }),
    ...(random.chance(3) && { natPolicy: family === 4 ? ('Nat46' as const) : ('Nat64' as const) }),
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
