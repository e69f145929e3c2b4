import { FlowFlag } from '../flow/flow4.ts';
import type { ReasonName } from '../flow/reasons.ts';
import { isLeaving, isStillThere } from './backend-of-flow.ts';
import { bindFlow } from './bind-flow.ts';
import { isDue, isStale } from './clock.ts';
import { flagsAfter, isClosing, isExpired, isUnconfirmed, kindOf } from './flow-phase.ts';
import { type FlowHalf, type FlowTuple, type RequestHalf, requestKey, type Way } from './flow-state.ts';
import { newFlow } from './new-flow.ts';
import { otherHalf, touchReply } from './other-half.ts';
import { isPlain, isTcpStart, type Packet } from './packet.ts';
import { refuseHops } from './refuse.ts';
import { type End, endBy, type Run } from './run.ts';
import { fitsOn, sendOn } from './send-on.ts';
import { lookupServiceOfNode } from './service-of-node.ts';
import { hasWay, isForTc, wayToBackend } from './way-out.ts';

/** A packet that may be a client's to a service. */
export function request(run: Run): End {
  const { packet, flows } = run;
  const tuple = tupleOf(packet);
  const flow = flows.requests.get(requestKey(tuple));
  if (flow === undefined) return newFlow(run, tuple, undefined);
  const reply = otherHalf(flows, flow);
  if (isPlain(packet) && isStillThere(run, flow.backend) && isFresh(run, flow, reply)) {
    const kind = kindOf(flow);
    if (kind === 'local') return sendOn(run, flow);
    if (isForTc(run, flow.way)) return endBy(run, 'note_other_device');
    if (hasWay(run, flow.way) && fitsOn(run, flow)) return sendOn(run, flow);
  }
  return lookOver(run, flow, reply);
}

/** The same for a packet that is not plain: its flow is looked over in any case. */
export function lookOverRequest(run: Run): End {
  const tuple = tupleOf(run.packet);
  const flow = run.flows.requests.get(requestKey(tuple));
  return flow ? lookOver(run, flow) : newFlow(run, tuple, undefined);
}

function tupleOf({ proto, from, to }: Packet): FlowTuple {
  return { proto, client: from, service: to };
}

/** A flow that is known, whether or not it is due to be looked at. */
export function lookOver(run: Run, flow: RequestHalf, reply = otherHalf(run.flows, flow)): End {
  const over = whyOver(run, flow, reply);
  return over === undefined ? goOn(run, flow, reply) : newFlow(run, flow, over);
}

/** Was it looked over a moment ago? Or is it in its best years, which is seen at a glance: then it lives on. */
function isFresh(run: Run, flow: RequestHalf, reply: FlowHalf | undefined): boolean {
  const { clock } = run;
  if (!isDue(flow, clock)) return true;
  const kind = kindOf(flow);
  if (kind === 'local' || (kind === 'snat' && reply === undefined)) return false;
  if (isExpired(flow, run) || isStale(flow, clock) || isUnconfirmed(flow.flags)) return false;
  if (reply) touchReply(reply, true, clock);
  flow.lastSeen = clock.now;
  return true;
}

/** Is a flow over, and why? A reply half that outlives it here still ends or resets what the client has open. */
export function whyOver(run: Run, flow: RequestHalf, reply: FlowHalf | undefined): ReasonName | undefined {
  const { packet, clock } = run;
  if (!isStillThere(run, flow.backend)) {
    if (reply && kindOf(flow) === 'snat') reply.flags |= FlowFlag.reset;
    return 'note_backend_gone';
  }
  const starts = isTcpStart(packet.tcpFlags);
  if (starts && (isClosing(flow.flags) || isLeaving(run, flow.backend))) return 'note_flow_expired';
  if (isStale(flow, clock) && isServiceGone(run, flow)) return 'note_service_gone';
  const isAlive = !isExpired(flow, run) || (reply !== undefined && !isExpired(reply, run));
  return isAlive ? undefined : 'note_flow_expired';
}

/** Deleted, or made anew: then it has another id. */
function isServiceGone(
  { trace, packet: { family } }: Run,
  { service, proto, revNatId }: RequestHalf,
): boolean {
  const place = { address: service.address, dport: service.port, proto, scope: 0 };
  const found = lookupServiceOfNode(trace, family, place, 'is the service still there');
  return found?.value.revNatIndex !== revNatId;
}

/** The flow lives: its way is asked for anew once a second, both halves learn of the packet, a lost one is made again. */
function goOn(run: Run, flow: RequestHalf, reply: FlowHalf | undefined): End {
  const { packet, clock } = run;
  const kind = kindOf(flow);
  const isRemote = kind !== 'local';
  if (isRemote && packet.hops <= 1) return refuseHops(run);
  const stale = isStale(flow, clock);
  if (isRemote && (stale || !hasWay(run, flow.way))) {
    if (!stale && isForTc(run, flow.way)) return endBy(run, 'note_other_device');
    const way = freshWay(run, flow);
    if (way === 'here') return newFlow(run, flow, 'note_flow_expired');
    if (typeof way === 'string') return endBy(run, way);
    flow.way = way;
  }
  if (stale) flow.checked = clock.now;
  flow.flags = flagsAfter(flow.flags, 'request', packet.tcpFlags) | (isRemote ? (reply?.flags ?? 0) : 0);
  flow.lastSeen = clock.now;
  if (kind === 'dsr') return sendOn(run, flow);
  if (reply === undefined) {
    run.notes.push('note_healed_flow');
    return bindFlow(run, flow, isRemote ? flow.way! : 'here');
  }
  touchReply(reply, isRemote, clock);
  reply.flags = flow.flags;
  return sendOn(run, flow);
}

/** Where the kernel has forgotten a neighbour, a flow that works goes on with what is known. */
function freshWay(run: Run, { backend, way: known }: RequestHalf): Way | 'here' | ReasonName {
  const way = wayToBackend(run, backend);
  if (way !== 'drop_no_neighbour' || !hasWay(run, known)) return way;
  run.notes.push('note_neighbour_kept');
  return known;
}
