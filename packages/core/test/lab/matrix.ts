import type { LoadBalancerOptions } from '../../src/index.ts';
import { endpoint, type Family, families, familyOf } from './addresses.ts';
import type { Answer, Exchange, Target, Transport } from './messages.ts';
import { type Behind, type FrontendType, frontendTypes, placesOf } from './services.ts';

/** How both nodes are set up. */
export interface Mode {
  readonly name: string;
  readonly cable: 'wire' | 'offload';
  readonly options: LoadBalancerOptions;
  /** Whom a backend on the other node sees. */
  readonly remoteSees: (protocol: Transport) => 'client' | 'node';
}

interface Traffic {
  readonly name: string;
  readonly protocol: Transport;
  readonly exchange: (family: Family) => Exchange;
  readonly count: number;
}

const both = (size: number): Exchange => ({ up: size, down: size });
/** Bytes of IP and UDP header. */
const headers: Readonly<Record<Family, number>> = { 4: 28, 6: 48 };

const traffics: readonly Traffic[] = [
  { name: 'TCP', protocol: 'TCP', exchange: () => both(200), count: 3 },
  { name: 'TCP, 4 MB both ways', protocol: 'TCP', exchange: () => both(4_000_000), count: 1 },
  { name: 'UDP', protocol: 'UDP', exchange: () => both(200), count: 3 },
  {
    name: 'UDP, datagrams of an MTU',
    protocol: 'UDP',
    exchange: (family) => both(1500 - headers[family]),
    count: 3,
  },
];
/** Enough for two backends to be chosen both, but once in ten million. */
const SPREAD = 24;

/** One cell: somebody asks for a service in some way. */
export interface Cell {
  readonly name: string;
  readonly target: Target;
  readonly exchange: Exchange;
  readonly count: number;
  readonly behind: Behind;
}

/** All cells of the families. */
export function cellsOf(of: readonly Family[]): Cell[] {
  return of.flatMap((family) =>
    frontendTypes.flatMap((type) =>
      behinds(type).flatMap((behind) => {
        const { addresses, port } = placesOf(type, family, behind);
        return addresses.flatMap((to) =>
          traffics
            .filter(({ count }) => behind !== 'spread' || count > 1)
            .map((traffic): Cell => {
              const policy = { remote: 'Cluster, backend elsewhere', spread: 'Cluster', local: 'Local' }[
                behind
              ];
              return {
                name: `IPv${family} ${type} ${endpoint(to, port)}, ${policy}: ${traffic.name}`,
                target: { protocol: traffic.protocol, from: families[family].clients[0], to, port },
                exchange: traffic.exchange(family),
                count: behind === 'spread' ? SPREAD : traffic.count,
                behind,
              };
            }),
        );
      }),
    ),
  );
}

function behinds(type: FrontendType): readonly Behind[] {
  if (type === 'HostPort') return ['local'];
  // Traffic policies of outside are not for ClusterIPs.
  return type === 'ClusterIP' ? ['remote', 'spread'] : ['remote', 'spread', 'local'];
}

/** What is wrong with the answers; nothing when all is well. */
export function problemsOf(
  { target, behind, count }: Cell,
  answers: readonly Answer[],
  mode: Mode,
): string[] {
  const { local, remote, node } = families[familyOf(target.to)];
  const problems = answers.flatMap((answer): string[] => {
    if (answer.error !== undefined) return [answer.error];
    const { who = '', sees, from, intact } = answer;
    const isLocal = local.pods.includes(who);
    const isClient = isLocal || mode.remoteSees(target.protocol) === 'client';
    const expected = isClient ? target.from : node[0];
    return [
      ...(isLocal || remote.pods.includes(who) ? [] : [`${who} answers`]),
      ...(isLocal && behind === 'remote' ? [`${who} is no backend`] : []),
      ...(!isLocal && behind === 'local' ? [`${who} is on the other node`] : []),
      ...(sees === expected ? [] : [`${who} sees ${sees} instead of ${expected}`]),
      ...(from === endpoint(target.to, target.port) ? [] : [`the answer comes from ${from}`]),
      ...(intact ? [] : ['bytes were changed']),
    ];
  });
  if (answers.length !== count) problems.push(`${answers.length} answers instead of ${count}`);
  if (behind === 'spread') {
    const places = new Set(answers.map(({ who = '' }) => local.pods.includes(who)));
    if (places.size !== 2) problems.push('only backends of one node answer');
  }
  return problems;
}
