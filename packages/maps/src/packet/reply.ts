import { isDue, isExpired, isStale } from './clock.ts';
import { flagsAfter, timeoutOf } from './flow-phase.ts';
import { type RemoteReply, requestKey } from './flow-state.ts';
import { isTcpEvent } from './packet.ts';
import { refuseHops } from './refuse.ts';
import { replyAt } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { tellRequest } from './tell-request.ts';
import { sentBy, snatAddress, wayToClient } from './way-out.ts';
import { writePacket } from './write-packet.ts';

/** A packet of a remote backend to one of our SNAT ports; undefined when it is none. */
export function reply(run: Run): End | undefined {
  const { packet, flows, settings } = run;
  const [first, last] = settings.snatPorts;
  if (packet.to.address !== snatAddress(run) || packet.to.port < first || packet.to.port > last)
    return undefined;
  const half = replyAt(flows, packet.to.port, packet.proto, packet.from);
  if (half === undefined) return undefined;
  const isQuiet = !isTcpEvent(packet.tcpFlags) && packet.hops > 1 && !isDue(half, run.clock);
  return (isQuiet ? undefined : lookOver(run, half)) ?? sendBack(run, half);
}

/** Undefined: the flow lives, and both halves know of the packet. */
function lookOver(run: Run, half: RemoteReply): End | undefined {
  const { packet, clock, settings, flows } = run;
  if (isExpired(half, clock)) return endBy('pass_reply_expired');
  if (packet.hops <= 1) return refuseHops(run);
  if (isStale(half, clock)) {
    const link = { dmac: half.clientMac, smac: packet.link.dst };
    const way = wayToClient(run, half.service.address, half.client.address, link);
    if (typeof way === 'string') return endBy(way);
    half.nextHop = way.nextHop;
    half.checked = clock.now;
  }
  half.lastSeen = clock.now;
  const flags = flagsAfter(half.flags, 'reply', packet.tcpFlags);
  if (flags === half.flags) return undefined;
  half.flags = flags;
  half.timeout = timeoutOf(half.proto, flags, settings);
  const request = flows.requests.get(requestKey(half));
  if (request?.snatPort === packet.to.port) tellRequest(request, half, clock);
  return undefined;
}

function sendBack(run: Run, { service, client, backend, nextHop }: RemoteReply): End {
  const link = run.flows.links.get(nextHop!)!;
  const frame = writePacket(run.packet, { from: service, to: client, link });
  return { verdict: sentBy(run), reason: 'sent_reply', backend, frame };
}
