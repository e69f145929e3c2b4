import { GATE_BACKEND } from '../flow/gate.ts';
import { addToChecksum } from './checksummed-write.ts';
import { kindOf } from './flow-phase.ts';
import { localReplyKey, requestKey, type Way } from './flow-state.ts';
import { type Quote, readQuote, writeQuote } from './icmp-quote.ts';
import type { PacketEnd } from './packet.ts';
import { replyAt } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { sentBy } from './sent-by.ts';
import { snatAddress, wayToBackend, wayToClient } from './way-out.ts';
import { writeAddresses, writeSends } from './write-packet.ts';

/**
 * An ICMP error about a packet that we translated: to who sent that packet, with the quote translated back. Undefined when it
 * belongs to no flow of ours. An error is for whom it quotes as the sender.
 */
export function relayError(run: Run): End | undefined {
  const { packet } = run;
  const quote = readQuote(packet);
  if (quote === undefined || quote.from.address !== packet.to.address) return undefined;
  return toClient(run, quote) ?? toBackend(run, quote);
}

/** About a request that we sent to a remote backend: to the client, from the service. */
function toClient(run: Run, quote: Quote): End | undefined {
  const { flows, settings } = run;
  const [first, last] = settings.snatPorts;
  const { address, port } = quote.from;
  if (address !== snatAddress(run) || port < first || port > last) return undefined;
  const half = replyAt(flows, port, quote.proto, quote.to);
  if (half === undefined) return undefined;
  const way = wayToClient(run, half);
  if (typeof way === 'string') return endBy(run, way);
  const { client, service } = half;
  return relay(run, quote, { from: client, to: service, source: service.address, way });
}

/** About a reply that went to a client: to the backend. One on this node gets it from whom it came. */
function toBackend(run: Run, quote: Quote): End | undefined {
  const { packet, flows } = run;
  if (!run.mayBeOurs(quote.from.address, quote.from.port, quote.proto)) return undefined;
  const flow = flows.requests.get(requestKey({ proto: quote.proto, client: quote.to, service: quote.from }));
  if (flow === undefined) return undefined;
  const { backend, client, snatPort } = flow;
  const kind = kindOf(flow);
  if (kind === 'local') return relay(run, quote, { from: backend, to: client, source: packet.from.address });
  // By DSR the backend talks to the client itself.
  const to = kind === 'dsr' ? client : { address: snatAddress(run)!, port: snatPort! };
  const way = wayToBackend(run, backend);
  if (way !== 'here' && typeof way === 'string') return endBy(run, way);
  return relay(run, quote, { from: backend, to, source: to.address, ...(way !== 'here' && { way }) });
}

/**
 * An ICMP error that leaves: about a request that a backend here got, to its client. What the backend says, the service says;
 * what the node itself says of the way to the backend, it says as itself.
 */
export function relayErrorOut(run: Run): End | undefined {
  const { packet, flows } = run;
  const quote = readQuote(packet);
  if (quote === undefined || quote.from.address !== packet.to.address) return undefined;
  if (!run.mayBeOurs(quote.to.address, quote.to.port, quote.proto + GATE_BACKEND)) return undefined;
  const half = flows.localReplies.get(localReplyKey(quote.proto, quote.to, quote.from));
  if (half === undefined) return undefined;
  const { client, service } = half;
  const source = packet.from.address === quote.to.address ? service.address : packet.from.address;
  return relay(run, quote, { from: client, to: service, source });
}

/** What the quote becomes, and the message: its destination is the quote's sender. */
interface Relay {
  readonly from: PacketEnd;
  readonly to: PacketEnd;
  readonly source: string;
  /** Where to send it; absent: the kernel delivers it. */
  readonly way?: Way;
}

function relay(run: Run, quote: Quote, { from, to, source, way }: Relay): End {
  const { packet } = run;
  // Nobody is told what became of an error.
  if (way && packet.hops <= 1) return endBy(run, 'drop_ttl');
  const bytes = packet.frame.slice();
  const view = new DataView(bytes.buffer);
  const quoted = writeQuote(view, packet.family, quote, from, to);
  const addresses = writeAddresses(view, packet, source, from.address);
  const hops = way ? writeSends(view, packet, way.link ?? 'unresolved') : 0;
  // ICMPv6 covers the addresses of its packet, ICMP does not.
  addToChecksum(view, packet.l4At + 2, packet.family === 6 ? quoted + addresses : quoted);
  if (packet.family === 4) addToChecksum(view, packet.ipAt + 10, addresses + hops);
  return { verdict: way ? sentBy(run) : 'pass', reason: 'sent_icmp_relayed', frame: bytes };
}
