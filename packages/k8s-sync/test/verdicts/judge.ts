import { createIds, type Explanation, explain, project } from '@lbx/maps';
import { readIpAddress, readIpPrefix } from '../../src/objects/ip-address.ts';
import type { ServicePortState } from '../../src/semantics/frontends.ts';
import { verdictFor } from '../../src/semantics/verdict.ts';
import { slice } from '../objects.ts';
import { translatorWith } from '../translating.ts';
import { type Caller, callers, node, otherNodeAddress, type Place, podRange } from './cases.ts';

/** `all`: the endpoints of policy Cluster; `here`: those of policy Local; `route`: nobody's business, routing decides. */
export type Cell = 'all' | 'here' | 'reject' | 'drop' | 'unreachable' | 'route';
export type ProxyName = 'lbx' | 'iptables' | 'nftables' | 'Cilium';

const nodeIPs = [node, otherNodeAddress];

/** What becomes of a new connection of each caller, with each proxy. Nothing here is known but by computing it. */
export function judge(place: Place, endpoints: readonly object[]): Record<ProxyName, Record<Caller, Cell>> {
  const translator = translatorWith({ nodeIPs }, place.service, slice(endpoints));
  const { frontends, nodeAddresses } = translator.translate();
  const projection = project(frontends, { nodeAddresses }, createIds());
  if (projection.refused.length > 0) throw projection.refused[0]!.error;
  const state = translator.servicePorts()[0]!;
  const port = place.kind === 'nodePort' ? 30_080 : 80;

  const kubeProxy = (mode: 'iptables' | 'nftables', caller: Caller): Cell => {
    const verdict = verdictFor(
      state,
      place.kind,
      readIpAddress(place.address)!,
      { address: readIpAddress(callers[caller])!, onNode: caller === 'node' },
      {
        mode,
        nodeAddresses: nodeIPs.map((text) => readIpAddress(text)!),
        podRange: readIpPrefix(podRange),
        masqueradeAll: false,
      },
    );
    if (verdict === 'none') return 'route';
    return verdict.startsWith('cluster') ? 'all' : verdict.startsWith('local') ? 'here' : (verdict as Cell);
  };

  const datapath = (which: 'lbx' | 'cilium', caller: Caller): Cell => {
    const socket = caller !== 'client';
    const found = explain(
      projection,
      {
        from: { address: callers[caller], port: 40_000 },
        to: { address: place.address, port },
        protocol: 'TCP',
        hook: socket ? 'connect' : 'xdp',
        inHostNetns: caller === 'node',
      },
      { datapath: which, localAddresses: nodeIPs },
    );
    if (found.verdict === 'forward') return listOf(found, state);
    if (found.verdict === 'pass') return 'route';
    if (found.verdict === 'drop') return 'drop';
    // The maps that both share do not tell endpoints elsewhere; lbx has that in a map of its own, by this field.
    const scope =
      socket && frontends.some((f) => f.scope === 'internal' && isAt(f, place, port))
        ? 'internal'
        : 'external';
    const frontend = frontends.find((f) => isAt(f, place, port) && (f.scope ?? 'external') === scope);
    if (which === 'cilium') return socket ? 'unreachable' : 'reject';
    if (frontend?.endpointsElsewhere !== true) return 'reject';
    return socket ? 'unreachable' : 'drop';
  };

  const forAll = (of: (caller: Caller) => Cell) => ({
    client: of('client'),
    pod: of('pod'),
    node: of('node'),
  });
  return {
    lbx: forAll((caller) => datapath('lbx', caller)),
    iptables: forAll((caller) => kubeProxy('iptables', caller)),
    nftables: forAll((caller) => kubeProxy('nftables', caller)),
    Cilium: forAll((caller) => datapath('cilium', caller)),
  };
}

function isAt(
  frontend: { address: string; port: number; type: string },
  place: Place,
  port: number,
): boolean {
  const address = place.kind === 'nodePort' ? '0.0.0.0' : place.address;
  return frontend.address === address && frontend.port === port;
}

/** Which of the two lists the backends are that a flow may get. */
function listOf({ backend, candidates }: Explanation, state: ServicePortState): Cell {
  const got = (candidates ?? [backend!]).map(({ address }) => address).sort();
  const is = (list: 'cluster' | 'local') =>
    got.join() ===
    state[list]
      .map(({ address }) => address)
      .sort()
      .join();
  if (is('cluster')) return 'all';
  if (is('local')) return 'here';
  throw new Error(`neither list: ${got.join()}`);
}
