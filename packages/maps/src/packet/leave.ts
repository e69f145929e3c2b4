import { GATE_BACKEND } from '../flow/gate.ts';
import { isDue } from './clock.ts';
import { flagsAfter, isClosing, isExpired, kindOf, longAgo } from './flow-phase.ts';
import { type FlowHalf, isSameEndpoint, localReplyKey, requestKey } from './flow-state.ts';
import { withAddresses } from './follow-fragment.ts';
import { recallPorts, rememberPorts } from './fragments.ts';
import { relayErrorOut } from './icmp-relay.ts';
import { type Packet, TcpBit } from './packet.ts';
import { type Piece, readDeep } from './read-deep.ts';
import { type End, endBy, passed, type Run } from './run.ts';
import { tellRequest } from './tell-request.ts';
import { writePacket } from './write-packet.ts';

/** A packet that leaves the node: that of a backend here to a client of a service gets the service for its source. */
export function leave(run: Run): End {
  switch (run.packet.kind) {
    case 'flow':
      return leaveFlow(run, undefined);
    case 'icmp':
      return relayErrorOut(run) ?? passed;
    case 'options':
    case 'fragment':
      return leaveDeep(run);
    default:
      return passed;
  }
}

function leaveDeep(run: Run): End {
  const deep = readDeep(run.packet);
  if (deep?.packet.kind === 'flow') return leaveFlow({ ...run, packet: deep.packet }, deep.piece);
  return deep?.packet.kind === 'fragment' ? leaveFragment(run, deep.packet, deep.piece) : passed;
}

function leaveFlow(run: Run, piece: Piece | undefined): End {
  const { packet, flows } = run;
  const { address, port } = packet.from;
  if (!run.mayBeOurs(address, port, packet.proto + GATE_BACKEND)) return passed;
  if (piece?.isFragment) rememberPorts(run, packet, piece);
  const half = flows.localReplies.get(localReplyKey(packet.proto, packet.from, packet.to));
  if (half === undefined) return passed;
  if (isExpired(half, run)) return endBy(run, 'pass_reply_expired');
  if (answersOther(half, packet.tcpFlags)) {
    // What follows is not of this flow either.
    half.lastSeen = longAgo(half, run);
    return endBy(run, 'pass_reply_expired');
  }
  learn(run, half);
  const frame = writePacket(packet, { from: half.service });
  return { verdict: 'pass', reason: 'sent_local_reply', backend: half.backend, frame };
}

/**
 * Does it answer a SYN that never was a request of this flow? One by the service would have begun the flow anew. So the client
 * reaches the backend itself, from the port that it has had for a flow which is over.
 */
function answersOther({ flags }: FlowHalf, tcpFlags: number): boolean {
  const both = TcpBit.syn | TcpBit.ack;
  return (tcpFlags & both) === both && isClosing(flags);
}

/** The first piece of the answer has told the ports. */
function leaveFragment(run: Run, later: Packet, piece: Piece): End {
  const packet = recallPorts(run, later, piece);
  const half = packet && run.flows.localReplies.get(localReplyKey(packet.proto, packet.from, packet.to));
  if (half === undefined) return passed;
  const frame = withAddresses(packet!, half.service.address, packet!.to.address);
  return { verdict: 'pass', reason: 'sent_local_reply', backend: half.backend, frame };
}

function learn({ packet, flows, clock }: Run, half: FlowHalf): void {
  const flags = flagsAfter(half.flags, 'reply', packet.tcpFlags);
  if (flags === half.flags) {
    if (isDue(half, clock)) half.lastSeen = clock.now;
    return;
  }
  half.flags = flags;
  half.lastSeen = clock.now;
  const request = flows.requests.get(requestKey(half));
  // The backend may be remote by now.
  const isOurs = request && kindOf(request) === 'local' && isSameEndpoint(request.backend, half.backend);
  if (isOurs) tellRequest(request, half, clock);
}
