import { endpoint, type Family, families, familyOf } from './addresses.ts';
import type { Answer, Exchange, Target, Transport } from './messages.ts';
import { type Behind, type FrontendType, placesOf } from './services.ts';

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

const policies: Readonly<Record<Behind, string>> = {
  remote: 'Cluster, backends elsewhere',
  spread: 'Cluster',
  local: 'Local',
};

/** One cell: somebody asks for a service in some way. */
export interface Cell {
  readonly name: string;
  readonly family: Family;
  readonly target: Target;
  readonly exchange: Exchange;
  readonly count: number;
  readonly behind: Behind;
}

/** All cells of some families and kinds of frontends. `from`: the client's address, or whatever its kernel takes. */
export function cellsOf(
  served: readonly Family[],
  types: readonly FrontendType[],
  from: (family: Family) => string | undefined,
): Cell[] {
  return served.flatMap((family) =>
    types.flatMap((type) =>
      behinds(type).flatMap((behind) => {
        const { addresses, port } = placesOf(type, family, behind);
        return addresses.flatMap((to) =>
          traffics
            .filter(({ count }) => behind !== 'spread' || count > 1)
            .map(({ name, protocol, exchange, count }): Cell => {
              const source = from(family);
              return {
                name: `IPv${family} ${type} ${endpoint(to, port)}, ${policies[behind]}: ${name}`,
                family,
                target: { protocol, to, port, ...(source === undefined ? {} : { from: source }) },
                exchange: exchange(family),
                count: behind === 'spread' ? SPREAD : count,
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

/** Addresses that a backend may see: one on node 1, or one on node 2. */
export type Sees = (cell: Cell, place: 'local' | 'remote') => readonly string[];

/** What is wrong with the answers; nothing when all is well. `anyNode`: a Local policy is not for this client. */
export function problemsOf(
  cell: Cell,
  answers: readonly Answer[],
  { sees: seen, anyNode = false }: { readonly sees: Sees; readonly anyNode?: boolean },
): string[] {
  const { target, count } = cell;
  const behind = cell.behind === 'local' && anyNode ? 'spread' : cell.behind;
  const { local, remote } = families[familyOf(target.to)];
  const problems = answers.flatMap((answer): string[] => {
    if (answer.error !== undefined) return [answer.error];
    const { who = '', sees = '', from, intact } = answer;
    const isLocal = local.pods.includes(who);
    const expected = seen(cell, isLocal ? 'local' : 'remote');
    return [
      ...(isLocal || remote.pods.includes(who) ? [] : [`${who} answers`]),
      ...(isLocal && behind === 'remote' ? [`${who} is no backend`] : []),
      ...(!isLocal && behind === 'local' ? [`${who} is on the other node`] : []),
      ...(expected.includes(sees) ? [] : [`${who} sees ${sees} instead of ${expected.join(' or ')}`]),
      ...(from === endpoint(target.to, target.port) ? [] : [`the answer comes from ${from}`]),
      ...(intact ? [] : ['bytes were changed']),
    ];
  });
  if (answers.length !== count) problems.push(`${answers.length} answers instead of ${count}`);
  if (cell.behind === 'spread') {
    const places = new Set(answers.map(({ who = '' }) => local.pods.includes(who)));
    if (places.size !== 2) problems.push('only backends of one node answer');
  }
  return problems;
}
