// One flow out of lbx's tables, as the oracle of packets knows flows (packet/flow-state.ts).
import { FlowDirection, type LbxFlow4, type LbxFlow4Key } from '../../flow/flow4.ts';
import type { LbxRev4, LbxRev4Bucket } from '../../flow/rev4.ts';
import type { Family } from '../../model/address.ts';
import type { Clock } from '../../packet/clock.ts';
import { neverChecked } from '../../packet/clock.ts';
import { kindOf } from '../../packet/flow-phase.ts';
import {
  createFlowState,
  type FlowState,
  type FlowTuple,
  localReplyKey,
  REPLY_WAYS,
  type RemoteReply,
  type RequestHalf,
  requestKey,
} from '../../packet/flow-state.ts';
import type { PacketEnd } from '../../packet/packet.ts';
import type { FlowSources } from './live-state.ts';

/** What the tables have of one flow. */
export interface FoundHalves {
  readonly entry: LbxFlow4;
  readonly request: RequestHalf;
  /** Both halves of it, for the oracle. */
  readonly flows: FlowState;
}

/** Reads both halves of a flow; undefined when its request half is not there. Times become those of `clock`. */
export function readHalves(
  sources: FlowSources,
  family: Family,
  tuple: FlowTuple,
  snatMin: number,
  clock: Clock,
): FoundHalves | undefined {
  const entry = flowEntry(sources, family, tuple.proto, tuple.client, tuple.service, 'request');
  if (entry === undefined) return undefined;
  const flows = createFlowState();
  const request = requestHalf(entry, tuple, clock);
  flows.requests.set(requestKey(tuple), request);
  const { backend, snatPort } = request;
  if (kindOf(entry) === 'local') {
    const reply = flowEntry(sources, family, tuple.proto, backend, tuple.client, 'reply');
    if (reply !== undefined) {
      // What it writes is the service, as the client knows it.
      const service = { address: reply.saddr, port: reply.sport };
      const half = { ...requestHalf(reply, { ...tuple, service }, clock), backend };
      flows.localReplies.set(localReplyKey(tuple.proto, backend, tuple.client), half);
    }
  } else if (snatPort !== undefined) readPort(sources, family, snatPort, snatMin, clock, flows);
  return { entry, request, flows };
}

/** Puts the reply halves at a SNAT port into `flows`. */
export function readPort(
  sources: FlowSources,
  family: Family,
  port: number,
  snatMin: number,
  clock: Clock,
  flows: FlowState,
): void {
  // Of programs with another range of ports.
  if (port < snatMin) return;
  const bucket: LbxRev4Bucket | undefined = sources[`lbx_rev${family}`]?.get({ index: port - snatMin });
  if (bucket === undefined) return;
  const ways = Array.from({ length: REPLY_WAYS }, (_, way) =>
    bucket.tag[way] === 0 ? undefined : remoteReply(bucket.entry[way]!, clock),
  );
  flows.ports.set(`${family} ${port}`, ways);
}

function flowEntry(
  sources: FlowSources,
  family: Family,
  proto: number,
  from: PacketEnd,
  to: PacketEnd,
  direction: keyof typeof FlowDirection,
): LbxFlow4 | undefined {
  const key: LbxFlow4Key = {
    saddr: from.address,
    daddr: to.address,
    sport: from.port,
    dport: to.port,
    proto,
    direction: FlowDirection[direction],
  };
  return sources[`lbx_flow${family}`]?.get(key);
}

function requestHalf(entry: LbxFlow4, tuple: FlowTuple, clock: Clock): RequestHalf {
  const { flags, revNatIndex, backendId, generation, daddr, dport, sport } = entry;
  return {
    ...tuple,
    backend: { id: backendId, generation, address: daddr, port: dport },
    revNatId: revNatIndex,
    flags,
    lastSeen: timeOf(entry.lastSeen, clock),
    // Whatever was looked up a moment ago: the question is what the next look will say.
    checked: neverChecked(clock),
    ...(kindOf(entry) === 'snat' ? { snatPort: sport } : {}),
  };
}

function remoteReply(entry: LbxRev4, clock: Clock): RemoteReply {
  return {
    proto: entry.proto,
    client: { address: entry.clientAddr, port: entry.clientPort },
    service: { address: entry.vipAddr, port: entry.vipPort },
    backend: {
      id: entry.backendId,
      generation: entry.generation,
      address: entry.backendAddr,
      port: entry.backendPort,
    },
    revNatId: entry.revNatIndex,
    flags: entry.flags,
    lastSeen: timeOf(entry.lastSeen, clock),
    checked: neverChecked(clock),
    clientDevice: '',
    clientMac: entry.clientMac,
  };
}

/** Low 32 bits of jiffies as a time of a clock that does not wrap; a moment after now is possible. */
const timeOf = (jiffies: number, { now }: Clock): number => now - ((now - jiffies) | 0);
