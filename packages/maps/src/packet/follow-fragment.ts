import type { ReasonName } from '../flow/reasons.ts';
import { isStillThere } from './backend-of-flow.ts';
import { addToChecksum } from './checksummed-write.ts';
import { putByDsr } from './dsr-send.ts';
import { kindOf } from './flow-phase.ts';
import { type FlowBackend, requestKey, type Way } from './flow-state.ts';
import { recallPorts } from './fragments.ts';
import type { Packet } from './packet.ts';
import type { Piece } from './read-deep.ts';
import { replyAt } from './reply-place.ts';
import { type End, endBy, passed, type Run } from './run.ts';
import { sentBy } from './sent-by.ts';
import { hasWay, leaveOr, snatAddress, wayToBackend, wayToClient } from './way-out.ts';
import { type Sends, writeAddresses, writeSends } from './write-packet.ts';

/**
 * A later piece of a datagram goes where its first one went. One that comes before its first cannot be placed: to a service
 * address it is dropped, any other is passed.
 */
export function followFragment(run: Run, later: Packet, piece: Piece): End {
  const packet = recallPorts(run, later, piece);
  if (packet === undefined) {
    const { gate, wildcards } = run.settings;
    return gate && wildcards && run.mayBeOurs(later.to.address, 0, 0)
      ? endBy(run, 'drop_fragment_early')
      : passed;
  }
  const known = { ...run, packet };
  return followReply(known) ?? followRequest(known) ?? endBy(run, 'drop_fragment_early');
}

/** From a remote backend, to our SNAT port. The first piece saw to the way. */
function followReply(run: Run): End | undefined {
  const { packet, flows, settings } = run;
  const [first, last] = settings.snatPorts;
  const { address, port } = packet.to;
  if (address !== snatAddress(run) || port < first || port > last) return undefined;
  const half = replyAt(flows, port, packet.proto, packet.from);
  if (half === undefined) return undefined;
  const { service, client, backend } = half;
  const way = wayOfFirst(run, half.way, () => wayToClient(run, half));
  return sendPiece(run, way, { from: service.address, to: client.address, reason: 'sent_reply', backend });
}

/** From a client to a service. */
function followRequest(run: Run): End | undefined {
  const { packet, flows } = run;
  const flow = flows.requests.get(
    requestKey({ proto: packet.proto, client: packet.from, service: packet.to }),
  );
  if (flow === undefined) return undefined;
  if (!isStillThere(run, flow.backend)) return endBy(run, 'drop_fragment_early');
  const { backend, client } = flow;
  const kind = kindOf(flow);
  if (kind === 'local') {
    const frame = withAddresses(packet, client.address, backend.address);
    return { verdict: 'pass', reason: 'sent_local_request', backend, frame };
  }
  const way = wayOfFirst(run, flow.way, () => wayToBackend(run, backend));
  if (kind === 'dsr' && run.settings.dsrBy === 'tunnel') {
    if (way === undefined) return endBy(run, leaveOr(run, 'drop_no_route'));
    return packet.hops <= 1 ? endBy(run, 'drop_ttl') : putByDsr(run, { ...flow, way });
  }
  const from = kind === 'dsr' ? client.address : snatAddress(run)!;
  return sendPiece(run, way, { from, to: backend.address, reason: 'sent_request', backend });
}

/** What the flow keeps; tc asks again for what it does not: a way to a link address that was not known yet. */
function wayOfFirst(run: Run, known: Way | undefined, ask: () => Way | 'here' | ReasonName): Way | undefined {
  if (hasWay(run, known)) return known;
  const way = run.hook === 'xdp' ? undefined : ask();
  return typeof way === 'string' ? undefined : way;
}

interface Sending {
  readonly from: string;
  readonly to: string;
  readonly reason: ReasonName;
  readonly backend: FlowBackend;
}

function sendPiece(run: Run, way: Way | undefined, { from, to, reason, backend }: Sending): End {
  const { packet } = run;
  if (way === undefined) return endBy(run, leaveOr(run, 'drop_no_route'));
  // The first piece has told it.
  if (packet.hops <= 1) return endBy(run, 'drop_ttl');
  const frame = withAddresses(packet, from, to, way.link ?? 'unresolved');
  return { verdict: sentBy(run), reason, backend, frame };
}

/** Other addresses, and nothing behind the IP header. */
export function withAddresses(packet: Packet, from: string, to: string, sends?: Sends): Uint8Array {
  const bytes = packet.frame.slice();
  const view = new DataView(bytes.buffer);
  const addresses = writeAddresses(view, packet, from, to);
  const hops = sends ? writeSends(view, packet, sends) : 0;
  if (packet.family === 4) addToChecksum(view, packet.ipAt + 10, addresses + hops);
  return bytes;
}
