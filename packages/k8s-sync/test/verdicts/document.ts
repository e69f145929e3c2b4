import { type Caller, callers, endpointStates, places } from './cases.ts';
import { type Cell, judge, type ProxyName } from './judge.ts';
import { notes } from './notes.ts';

const proxies: readonly ProxyName[] = ['lbx', 'iptables', 'nftables', 'Cilium'];
const order = Object.keys(callers) as Caller[];

/** Why lbx decides otherwise than kube-proxy: the number of a note in the document. */
export function noteOf(kind: string, caller: Caller, lbx: Cell, other: Cell): number | undefined {
  if (lbx === other) return undefined;
  if (kind === 'clusterIP' && caller === 'client' && lbx === 'drop') return 1;
  if (kind === 'externalIP' && caller !== 'client' && lbx === 'route') return 2;
  if (caller !== 'client' && lbx === 'unreachable' && other === 'drop') return 3;
  if (caller === 'node' && lbx === 'reject' && other === 'route') return 4;
  if (kind === 'loadBalancerVIP' && caller !== 'client' && other === 'drop' && lbx === 'all') return 5;
  if (kind === 'loadBalancerVIP' && lbx === 'drop' && other === 'reject') return 6;
  return kind === 'loadBalancerVIP' && caller !== 'client' && other === 'drop' && lbx === 'reject'
    ? 5
    : undefined;
}

/** docs/verdicts.md, with every cell computed. */
export function verdictDocument(): string {
  return `# What becomes of a connection

Every cell is computed and compared in a test (\`vitest run packages/k8s-sync/test/verdicts -u\` writes this file anew): lbx's by
translating the objects, projecting them and explaining a flow from the entries; kube-proxy's by \`verdictFor()\`, which is held
to vectors of kube-proxy's own code in iptables mode; Cilium's by explaining the same entries with the rules of its datapath
at default settings.

Each cell is **client · pod · node**: a machine outside of the cluster whose packet arrives at this node, a pod of this node
(where sockets or its veth are balanced), a process of the node. "=" is the same as lbx.

| word | new connections |
|---|---|
| all | go to the endpoints of policy Cluster: ready and allowed by the topology hints, else all that terminate but still serve |
| here | go to the endpoints of policy Local: those on this node, ready, else terminating but still serving |
| reject | are refused at once: ICMP port unreachable; a system call fails with ECONNREFUSED |
| drop | vanish, the caller waits: it may have come to the wrong node |
| unreachable | a system call fails with EHOSTUNREACH |
| route | are no business of the proxy; the routing table decides |

${places.map(placeSection).join('\n')}
${notes}`;
}

function placeSection(place: (typeof places)[number]): string {
  const rows = endpointStates.map(({ name, endpoints }) => {
    const cells = judge(place, endpoints);
    const lbx = order.map((caller) => {
      const numbers = (['iptables', 'nftables'] as const).map((mode) =>
        noteOf(place.kind, caller, cells.lbx[caller], cells[mode][caller]),
      );
      const known = [...new Set(numbers)].filter((number) => number !== undefined);
      return known.length === 0 ? cells.lbx[caller] : `${cells.lbx[caller]} (${known.join(', ')})`;
    });
    const others = proxies
      .filter((proxy) => proxy !== 'lbx')
      .map((proxy) => {
        const same = order.every((caller) => cells[proxy][caller] === cells.lbx[caller]);
        return same ? '=' : order.map((caller) => cells[proxy][caller]).join(' · ');
      });
    return `| ${name} | ${lbx.join(' · ')} | ${others.join(' | ')} |`;
  });
  return `## ${place.name}

| endpoints | lbx | kube-proxy, iptables | kube-proxy, nftables | Cilium |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
