import { isDue, isStale } from './clock.ts';
import { flagsAfter, isExpired } from './flow-phase.ts';
import { type RemoteReply, requestKey } from './flow-state.ts';
import { isTcpEvent } from './packet.ts';
import { refuseHops } from './refuse.ts';
import { replyAt } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { tellRequest } from './tell-request.ts';
import { hasWay, sentBy, snatAddress, wayToClient } from './way-out.ts';
import { writePacket } from './write-packet.ts';

/** A packet of a remote backend to one of our SNAT ports; undefined when it is none. */
export function reply(run: Run): End | undefined {
  const { packet, flows, settings } = run;
  const [first, last] = settings.snatPorts;
  if (packet.to.address !== snatAddress(run) || packet.to.port < first || packet.to.port > last)
    return undefined;
  const half = replyAt(flows, packet.to.port, packet.proto, packet.from);
  if (half === undefined) return undefined;
  const isPlain = !isTcpEvent(packet.tcpFlags) && packet.hops > 1;
  const isQuiet = isPlain && !isDue(half, run.clock) && hasWay(run, half.way);
  return (isQuiet ? undefined : lookOver(run, half)) ?? sendBack(run, half);
}

/** Undefined: the flow lives, and both halves know of the packet. */
function lookOver(run: Run, half: RemoteReply): End | undefined {
  const { packet, clock, flows } = run;
  if (isExpired(half, run)) return endBy('pass_reply_expired');
  if (packet.hops <= 1) return refuseHops(run);
  if (isStale(half, clock) || !hasWay(run, half.way)) {
    const link = { device: run.device, dmac: half.clientMac, smac: packet.link.dst };
    const way = wayToClient(run, half.service.address, half.client.address, link);
    if (typeof way === 'string') return endBy(way);
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
  const link = way!.link;
  const frame = writePacket(run.packet, { from: service, to: client, link });
  return { verdict: sentBy(run), reason: 'sent_reply', backend, frame };
}
