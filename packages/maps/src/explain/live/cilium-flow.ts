import type { CtEntry, CtServiceEntry, Ipv4CtTuple } from '../../layouts/conntrack.ts';
import { BackendStateByte, CtFlag, IpProto, TupleFlag } from '../../layouts/names.ts';
import type { Ipv4NatEntry } from '../../layouts/snat.ts';
import type { Destination } from '../find-from-outside.ts';
import { readBackend } from '../read-backend.ts';
import { createTrace } from '../trace.ts';
import type { EstablishedFlow, FlowAnswer, FlowPhase } from './established-flow.ts';
import type { LiveState } from './live-state.ts';

/**
 * What Cilium's connection tracking knows of a flow of packets, and whether its programs would still go by it: the entry
 * of the service names the backend, as long as the service has the same id. Nothing there tells when a packet was last
 * seen; programs never look at an entry's age.
 *
 * @param clientPort of the flow; the rest of its name is `to`.
 * @param revNatId of the service as it is now, 0: there is none.
 */
export function findCiliumFlow(
  { services, flows = {} }: LiveState,
  to: Destination,
  clientPort: number,
  revNatId: number,
): FlowAnswer | undefined {
  const { family, proto } = to;
  // The ports of a tuple are the other way round than its addresses.
  const key: Ipv4CtTuple = {
    daddr: to.address,
    saddr: to.client,
    dport: clientPort,
    sport: to.port,
    nexthdr: proto,
    flags: TupleFlag.service,
  };
  const map = `ct${proto === IpProto.TCP ? '' : '_any'}${family}_global` as const;
  const entry: CtServiceEntry | undefined = flows[map]?.get(key);
  if (entry === undefined) return undefined;
  const trace = createTrace(services);
  trace.note(`the connection: in ${map}, backend ${entry.backendId} of service ${entry.revNatIndex}`);
  const found = readBackend(trace, family, entry.backendId);
  const over = whyOver(entry, revNatId, found !== undefined);
  const closing = (entry.flags & (CtFlag.rxClosing | CtFlag.txClosing)) !== 0;
  const leaves = found !== undefined && found.stateByte !== BackendStateByte.active;
  const backend = found?.backend ?? { id: entry.backendId, address: '', port: 0 };
  const toBackend = { ...key, daddr: backend.address, sport: clientPort, dport: backend.port, flags: 0 };
  const nat: Ipv4NatEntry | undefined = found && flows[`snat_v${family}_external`]?.get(toBackend);
  const seen: CtEntry | undefined =
    found && flows[map]?.get({ ...toBackend, daddr: to.client, saddr: backend.address });
  const flow: EstablishedFlow = {
    map,
    phase: phaseOf(entry.flags, closing),
    valid: over === undefined,
    ...(over === undefined ? {} : { over }),
    backend,
    way: nat === undefined ? 'unknown' : 'snat',
    ...(nat === undefined ? {} : { source: { address: nat.toAddr, port: nat.toPort } }),
    revNatId: entry.revNatIndex,
    restart: over === undefined && !(proto === IpProto.TCP && (closing || leaves)) ? 'same' : 'new-flow',
    ...(seen === undefined ? {} : { packets: Number(seen.packets), bytes: Number(seen.bytes) }),
  };
  return { flow, steps: trace.steps, byTheClock: false };
}

function whyOver(entry: CtServiceEntry, revNatId: number, isThere: boolean): string | undefined {
  if (entry.revNatIndex !== revNatId) return 'the service was deleted or made anew';
  return isThere ? undefined : 'its backend was removed';
}

function phaseOf(flags: number, closing: boolean): FlowPhase {
  if (closing) return 'closing';
  return flags & CtFlag.seenNonSyn ? 'established' : 'new';
}
