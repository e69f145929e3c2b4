import { type Family, type FlowHalf, type Frontend, IpProto, type PacketEnd } from '@lbx/maps';
import {
  dsrOption4,
  dsrOption6,
  eth,
  fragmentPacket,
  type Ipv6Extension,
  type PacketBuilder,
  parsePacket,
  type Random,
  type TcpFlag,
} from '@lbx/testing';
import { familyOf, macs, places } from './place.ts';
import { PORTS } from './random-services.ts';

const FLAGS: readonly (readonly TcpFlag[])[] = [
  ['ack'],
  ['ack'],
  ['ack'],
  ['psh', 'ack'],
  ['syn'],
  ['syn'],
  ['syn', 'ack'],
  ['fin', 'ack'],
  ['rst'],
  ['rst', 'ack'],
  [],
  ['fin', 'syn', 'rst'],
];

interface Link {
  readonly src: string;
  readonly dst: string;
}
const fromRouter: Link = { src: macs.router, dst: macs.node };
const fromBackend: Link = { src: macs.backend(3), dst: macs.node };
const fromNode: Link = { src: macs.node, dst: macs.router };

interface Ends {
  readonly from: PacketEnd;
  readonly to: PacketEnd;
  readonly proto: number;
}

/** An IP header of the family of the addresses. */
function ip(link: PacketBuilder, src: string, dst: string, more: { hops?: number; protocol?: number } = {}) {
  const { hops = 64, protocol } = more;
  const given = protocol === undefined ? {} : { protocol };
  return familyOf(src) === 4
    ? link.ipv4({ src, dst, ttl: hops, ...given })
    : link.ipv6({ src, dst, hopLimit: hops, ...given });
}

/** A packet of a client: of a flow that is known, or to some service. */
export function requestFrame(
  random: Random,
  frontends: readonly Frontend[],
  flows: readonly FlowHalf[],
): Uint8Array {
  const link = random.chance(95) ? fromRouter : fromBackend;
  return build(random, link, flows.length > 0 && random.chance(75) ? ofFlow(random.pick(flows)) : newEnds());

  function ofFlow({ client, service, proto }: FlowHalf): Ends {
    return { from: client, to: service, proto };
  }

  function newEnds(): Ends {
    const port = random.chance(80)
      ? random.pick([40001, 40002, 40003, 1024, 65535, 0])
      : 1024 + random.below(100);
    if (frontends.length === 0 || random.chance(15)) {
      const { vips, node, stranger, clients } = places[random.pick<Family>([4, 6])];
      const to = {
        address: random.pick([...vips, node, stranger]),
        port: random.pick([...PORTS, 30080, 22, 40000]),
      };
      return { from: { address: random.pick(clients), port }, to, proto: random.pick([6, 17]) };
    }
    const { address, port: to, protocol } = random.pick(frontends);
    const from = { address: random.pick(places[familyOf(address)].clients), port };
    return { from, to: { address, port: to }, proto: IpProto[protocol as 'TCP'] };
  }
}

/** A packet of a remote backend to a SNAT port, or of a local one to the client. */
export function replyFrame(
  random: Random,
  { backend, client, proto }: FlowHalf,
  snatPort?: number,
): Uint8Array {
  const { node } = places[familyOf(backend.address)];
  const to = snatPort === undefined ? client : { address: node, port: snatPort };
  return build(random, snatPort === undefined ? fromNode : fromBackend, { from: backend, to, proto });
}

function build(random: Random, link: Link, { from, to, proto }: Ends): Uint8Array {
  const hops = random.chance(92) ? 64 : random.pick([0, 1, 2, 255]);
  const ends = { src: from.address, dst: to.address };
  const isOdd = random.chance(3);
  const header =
    familyOf(from.address) === 4
      ? eth(link).ipv4({
          ...ends,
          ttl: hops,
          id: random.below(65536),
          df: random.chance(50),
          ...(isOdd && { options: random.bytes(4 + 4 * random.below(10)) }),
        })
      : eth(link).ipv6({
          ...ends,
          hopLimit: hops,
          flowLabel: random.below(1 << 20),
          ...(isOdd && { extensions: extensions(random) }),
        });
  const ports = { sport: from.port, dport: to.port };
  const data = random.bytes(random.chance(95) ? random.pick([0, 1, 5, 40]) : 1180 + random.below(300));
  if (proto === 6)
    return header
      .tcp({ ...ports, flags: random.pick(FLAGS), seq: random.below(2 ** 32) })
      .payload(data)
      .bytes();
  if (proto === 132) return header.sctp(ports).payload(data).bytes();
  return header
    .udp({ ...ports, ...(random.chance(15) && { checksum: 0 }) })
    .payload(data)
    .bytes();
}

/** The same frame with a VLAN tag, in front of one that it may have. */
export function taggedFrame(random: Random, frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frame.length + 4);
  bytes.set(frame.subarray(0, 12));
  bytes.set(frame.subarray(12), 16);
  const view = new DataView(bytes.buffer);
  view.setUint16(12, random.chance(85) ? 0x8100 : 0x88a8);
  view.setUint16(14, (random.below(16) << 12) + random.pick([0, 5, 5, 5, 6, 6, 7]));
  return bytes;
}

/** What a router, or the other end, has to say about a packet that was sent. */
export function errorFrame(random: Random, sent: Uint8Array): Uint8Array {
  const { ipv4, ipv6 } = parsePacket(sent);
  const about = ipv4 ?? ipv6;
  if (!about) return sent;
  const { router, clients, backends, node } = places[familyOf(about.src)];
  const src = random.chance(50) ? about.dst : random.pick([router, clients[0]!, backends[0]!]);
  const dst = random.chance(90) ? about.src : node;
  const hops = random.chance(90) ? 64 : random.pick([0, 1, 2]);
  const [type, code, mtu] = random.pick(ipv4 ? ERRORS_4 : ERRORS_6);
  return ip(eth(random.chance(50) ? fromRouter : fromBackend), src, dst, { hops })
    .icmp({ type, code, mtu })
    .quote(sent, random.pick([20, 27, 28, 36, 40, 47, 48, 60, 500]))
    .bytes();
}

type IcmpError = readonly [type: number, code: number, mtu: number];
const ERRORS_4: readonly IcmpError[] = [
  [3, 4, 1400],
  [3, 1, 0],
  [3, 3, 0],
  [11, 0, 0],
  [12, 0, 0],
  [5, 0, 0],
  [8, 0, 0],
];
const ERRORS_6: readonly IcmpError[] = [
  [2, 0, 1400],
  [1, 4, 0],
  [1, 0, 0],
  [3, 0, 0],
  [4, 1, 0],
  [128, 0, 0],
  [0, 0, 0],
];

/** A request as another node sends it on by DSR: to a backend of a service, with an option or in a tunnel. */
export function dsrFrame(random: Random, frontends: readonly Frontend[]): Uint8Array | undefined {
  const served = frontends.filter(({ backends }) => backends.length > 0);
  if (served.length === 0) return undefined;
  const { address, port, protocol, backends } = random.pick(served);
  const family = familyOf(address);
  const here = backends.filter(({ node }) => node === 'local');
  const backend = random.pick(here.length > 0 && random.chance(80) ? here : backends);
  const client = random.pick(places[family].clients);
  const service = { address, port: random.chance(90) ? port : 1 };
  const sport = random.pick([40001, 40002, 1024]);
  const flags = random.pick(FLAGS);
  const segment = (packet: PacketBuilder, dport: number) =>
    protocol === 'TCP'
      ? packet.tcp({ sport, dport, flags })
      : protocol === 'SCTP'
        ? packet.sctp({ sport, dport })
        : packet.udp({ sport, dport });
  if (random.chance(20)) {
    const whole = segment(ip(eth(fromRouter), client, service.address), service.port).payload(
      random.bytes(40),
    );
    const piece = random.pick(fragmentPacket(whole, 24, random.below(3))).subarray(14);
    const [src, dst] = [places[family].router, backend.address];
    return family === 4
      ? eth(fromRouter).ipv4({ src, dst, protocol: 4 }).payload(piece).bytes()
      : eth(fromRouter).ipv6({ src, dst, protocol: 41 }).payload(piece).bytes();
  }
  if (random.chance(50)) {
    const outer = ip(eth(fromRouter), places[family].router, backend.address);
    return segment(ip(outer, client, service.address, { hops: random.pick([64, 1]) }), service.port)
      .payload('data')
      .bytes();
  }
  const packet =
    family === 4
      ? eth(fromRouter).ipv4({ src: client, dst: backend.address, options: dsrOption4(service) })
      : eth(fromRouter).ipv6({ src: client, dst: backend.address, extensions: [dsrOption6(service)] });
  return segment(packet, backend.port).payload('data').bytes();
}

/** Packets that are not plain TCP or UDP. */
export function oddFrame(random: Random, frontends: readonly Frontend[], plain: Uint8Array): Uint8Array {
  const to =
    frontends.length > 0 && random.chance(80)
      ? random.pick(frontends).address
      : places[random.pick<Family>([4, 6])].node;
  const family = familyOf(to);
  const from = random.pick(places[family].clients);
  const ports = { sport: random.pick([40001, 40002]), dport: random.pick(PORTS) };
  const whole = ip(eth(fromRouter), from, to);
  const isSix = family === 6;
  const dsr = { address: random.pick(places[family].vips), port: random.pick(PORTS) };
  const ping = () =>
    whole
      .icmp({ type: isSix ? 128 : 8, id: 1, seq: random.below(9) })
      .payload(random.bytes(random.pick([4, 56])));
  const make = random.pick<() => PacketBuilder | Uint8Array>([
    ping,
    ping,
    ping,
    () =>
      whole
        .icmp({ type: isSix ? 2 : 3, code: isSix ? 0 : 4, mtu: 1400 })
        .quote(plain, random.pick([28, 48, 500])),
    () =>
      whole
        .icmp({ type: random.pick([133, 134, 135, 136, 143]), rest: random.below(2 ** 32) })
        .payload(random.bytes(16)),
    () => whole.sctp(ports).payload(random.bytes(16)),
    () =>
      ip(eth(fromRouter), from, to, { protocol: random.pick([47, 50, 51, 4, 41, 2, 59, 135]) }).payload(
        random.bytes(40),
      ),
    () => ip(whole, to, from).udp(ports),
    () =>
      (isSix ? withExtensions(from, to, [dsrOption6(dsr)]) : withOptions(from, to, dsrOption4(dsr))).tcp({
        ...ports,
        flags: ['syn'],
      }),
    () =>
      (isSix
        ? withExtensions(from, to, extensions(random))
        : withOptions(from, to, random.bytes(4 + 4 * random.below(10)))
      ).tcp(ports),
    () => ip(eth(fromRouter).vlan({ id: random.below(4096) }), from, to).tcp(ports),
    () => ip(eth(fromRouter).vlan({ id: 5 }).vlan({ id: 6 }), from, to).tcp(ports),
    () => random.pick(fragmentPacket(whole.udp(ports).payload(random.bytes(40)), 16, random.below(65536))),
    () => random.pick(fragmentPacket(plainIp(plain), 24, random.below(3))),
    () => eth(fromRouter).payload(random.bytes(46)),
    () => eth({ ...fromRouter, type: 0x0806 }).payload(random.bytes(28)),
    // An ethertype that is not the packet's.
    () => ip(eth({ ...fromRouter, type: isSix ? 0x0800 : 0x86dd }), from, to).udp(ports),
  ]);
  const frame = make();
  return frame instanceof Uint8Array ? frame : frame.bytes();
}

function withOptions(src: string, dst: string, options: Uint8Array): PacketBuilder {
  return eth(fromRouter).ipv4({ src, dst, options });
}

function withExtensions(src: string, dst: string, extensions: readonly Ipv6Extension[]): PacketBuilder {
  return eth(fromRouter).ipv6({ src, dst, extensions });
}

function extensions(random: Random): Ipv6Extension[] {
  return Array.from({ length: 1 + random.below(3) }, () => ({
    kind: random.pick(['hop-by-hop', 'routing', 'destination'] as const),
    // The second byte of a routing header's data: segments left.
    data: random.bytes(6 + 8 * random.below(3)).with(1, random.pick([0, 0, 0, 1])),
  }));
}

/** A frame that can be cut: any other becomes one that can. */
function plainIp(frame: Uint8Array): Uint8Array {
  const { ipv4, ipv6, payload } = parsePacket(frame);
  if ((ipv4 || ipv6) && payload.length > 0) return frame;
  return eth(fromRouter)
    .ipv4({ src: '203.0.113.5', dst: '198.51.100.1' })
    .udp({ sport: 1, dport: 80 })
    .payload('0123456789abcdefgh')
    .bytes();
}
