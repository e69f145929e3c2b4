import { isDue } from './clock.ts';
import { flagsAfter, isExpired } from './flow-phase.ts';
import { type FlowHalf, isSameEndpoint, localReplyKey, requestKey } from './flow-state.ts';
import { type End, endBy, passed, type Run } from './run.ts';
import { tellRequest } from './tell-request.ts';
import { writePacket } from './write-packet.ts';

/** A packet that leaves the node: that of a backend here to a client of a service gets the service for its source. */
export function leave(run: Run): End {
  const { packet, flows } = run;
  const half = flows.localReplies.get(localReplyKey(packet.proto, packet.from, packet.to));
  if (half === undefined) return passed;
  if (isExpired(half, run)) return endBy(run, 'pass_reply_expired');
  learn(run, half);
  const frame = writePacket(packet, { from: half.service });
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
  if (request && isSameEndpoint(request.backend, half.backend)) tellRequest(request, half, clock);
}
