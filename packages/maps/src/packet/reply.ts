import { FlowFlag } from '../flow/flow4.ts';
import { isDue, isStale } from './clock.ts';
import { fits, isTooBig } from './fits.ts';
import { flagsAfter, isExpired } from './flow-phase.ts';
import { type RemoteReply, requestKey } from './flow-state.ts';
import { isPlain } from './packet.ts';
import { refuseHops, refuseLength } from './refuse.ts';
import { replyAt } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { sentBy } from './sent-by.ts';
import { tellRequest } from './tell-request.ts';
import { hasWay, isForTc, snatAddress, wayToClient } from './way-out.ts';
import { writePacket } from './write-packet.ts';

/** The flow that a packet of a remote backend to one of our SNAT ports belongs to. */
export function replyHalf(run: Run): RemoteReply | undefined {
  const { packet, flows, settings } = run;
  const [first, last] = settings.snatPorts;
  const { address, port } = packet.to;
  if (address !== snatAddress(run) || port < first || port > last) return undefined;
  return replyAt(flows, port, packet.proto, packet.from);
}

/** A packet of a remote backend; undefined when it is none. */
export function reply(run: Run): End | undefined {
  const { packet } = run;
  const half = replyHalf(run);
  if (half === undefined) return undefined;
  if (isPlain(packet) && isFresh(run, half)) {
    if (hasWay(run, half.way) && fits(run.packet, half.way)) return sendBack(run, half);
    if (isForTc(run, half.way)) return endBy(run, 'note_other_device');
  }
  return lookOverReply(run, half);
}

/** A flow that is known, whether or not it is due to be looked at. */
export function lookOverReply(run: Run, half: RemoteReply): End {
  return lookOver(run, half) ?? sendBack(run, half);
}

/** Was it looked over a moment ago? Or is all well, which is seen at a glance: then it lives on. */
function isFresh(run: Run, half: RemoteReply): boolean {
  const { clock } = run;
  if (!isDue(half, clock)) return true;
  if (isExpired(half, run) || !(half.flags & FlowFlag.replied) || isStale(half, clock)) return false;
  half.lastSeen = clock.now;
  return true;
}

/** Undefined: the flow lives, and both halves know of the packet. */
function lookOver(run: Run, half: RemoteReply): End | undefined {
  const { packet, clock, flows } = run;
  if (isExpired(half, run)) return endBy(run, 'pass_reply_expired');
  if (packet.hops <= 1) return refuseHops(run);
  const stale = isStale(half, clock);
  if (stale || !hasWay(run, half.way)) {
    if (!stale && isForTc(run, half.way)) return endBy(run, 'note_other_device');
    const way = wayToClient(run, half);
    if (typeof way === 'string') return endBy(run, way);
    half.way = way;
    half.checked = clock.now;
  }
  half.lastSeen = clock.now;
  const flags = flagsAfter(half.flags, 'reply', packet.tcpFlags);
  if (flags === half.flags) return undefined;
  half.flags = flags;
  const request = flows.requests.get(requestKey(half));
  if (request?.snatPort === packet.to.port) tellRequest(request, half, clock);
  return undefined;
}

function sendBack(run: Run, { service, client, backend, way }: RemoteReply): End {
  if (isTooBig(run.packet, way!)) return refuseLength(run, way!.link!.mtu!);
  const frame = writePacket(run.packet, { from: service, to: client, sends: way!.link ?? 'unresolved' });
  return { verdict: sentBy(run), reason: 'sent_reply', backend, frame };
}
