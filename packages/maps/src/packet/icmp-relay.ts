import { FlowFlag } from '../flow/flow4.ts';
import { addToChecksum } from './checksummed-write.ts';
import type { Link } from './flow-state.ts';
import { requestKey } from './flow-state.ts';
import { type Quote, readQuote, writeQuote } from './icmp-quote.ts';
import type { PacketEnd } from './packet.ts';
import { replyAt } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { sentBy, snatAddress, wayToBackend, wayToClient } from './way-out.ts';
import { writeAddresses, writeLink } from './write-packet.ts';

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
  const { packet, flows, settings } = run;
  const [first, last] = settings.snatPorts;
  const { address, port } = quote.from;
  if (address !== snatAddress(run) || port < first || port > last) return undefined;
  const half = replyAt(flows, port, quote.proto, quote.to);
  if (half === undefined) return undefined;
  const { client, service, clientMac } = half;
  const way = wayToClient(run, service.address, client.address, {
    device: run.device,
    dmac: clientMac,
    smac: packet.link.dst,
  });
  if (typeof way === 'string') return endBy(way);
  return relay(run, quote, {
    from: client,
    to: service,
    source: service.address,
    link: way.link,
  });
}

/** About a reply that went to a client: to the backend. One on this node gets it from whom it came, others from us. */
function toBackend(run: Run, quote: Quote): End | undefined {
  const { packet, flows } = run;
  if (!run.mayBeOurs(quote.from.address, quote.from.port, quote.proto)) return undefined;
  const flow = flows.requests.get(requestKey({ proto: quote.proto, client: quote.to, service: quote.from }));
  if (flow === undefined) return undefined;
  const { backend, client, snatPort } = flow;
  if (flow.flags & FlowFlag.local) {
    return relay(run, quote, { from: backend, to: client, source: packet.from.address });
  }
  const us = { address: snatAddress(run)!, port: snatPort! };
  const way = wayToBackend(run, backend.address);
  if (way === 'here') return relay(run, quote, { from: backend, to: us, source: us.address });
  if (typeof way === 'string') return endBy(way);
  return relay(run, quote, {
    from: backend,
    to: us,
    source: us.address,
    link: way.link,
  });
}

/** What the quote becomes, and the message: its destination is the quote's sender. */
interface Relay {
  readonly from: PacketEnd;
  readonly to: PacketEnd;
  readonly source: string;
  /** Where to send it; absent: the kernel delivers it. */
  readonly link?: Link;
}

function relay(run: Run, quote: Quote, { from, to, source, link }: Relay): End {
  const { packet } = run;
  // Nobody is told what became of an error.
  if (link && packet.hops <= 1) return endBy('drop_ttl');
  const bytes = packet.frame.slice();
  const view = new DataView(bytes.buffer);
  const quoted = writeQuote(view, packet.family, quote, from, to);
  const addresses = writeAddresses(view, packet, source, from.address);
  const hops = link ? writeLink(view, packet, link) : 0;
  // ICMPv6 covers the addresses of its packet, ICMP does not.
  addToChecksum(view, packet.l4At + 2, packet.family === 6 ? quoted + addresses : quoted);
  if (packet.family === 4) addToChecksum(view, packet.ipAt + 10, addresses + hops);
  return { verdict: link ? sentBy(run) : 'pass', reason: 'sent_icmp_relayed', frame: bytes };
}
