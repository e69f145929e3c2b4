import type { FlowHalf, Frontend } from '@lbx/maps';
import { eth, fragmentPacket, type PacketBuilder, type Random, spoilFrame, type TcpFlag } from '@lbx/testing';
import { place } from '../xdp-lab.ts';
import { PORTS, VIPS } from './random-services.ts';

/** A client behind the router most of the time; a neighbour of the node; one that no route leads to; a backend; a pod. */
export const CLIENTS = [
  place.client,
  '203.0.113.6',
  '203.0.113.7',
  '203.0.113.5',
  '192.0.2.50',
  '203.0.113.250',
  place.backend(1),
  '198.51.100.131',
] as const;
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
const fromRouter: Link = { src: place.routerMac, dst: place.nodeMac };
const fromBackend: Link = { src: place.backendMac(3), dst: place.nodeMac };
const fromNode: Link = { src: place.nodeMac, dst: place.routerMac };

interface Ends {
  readonly from: { readonly address: string; readonly port: number };
  readonly to: { readonly address: string; readonly port: number };
  readonly proto: number;
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
    const from = { address: random.pick(CLIENTS), port: random.pick([40001, 40002, 40003, 1024, 65535, 0]) };
    if (frontends.length === 0 || random.chance(15)) {
      const to = {
        address: random.pick([...VIPS, place.node, '198.51.100.77']),
        port: random.pick([...PORTS, 30080, 22, 40000]),
      };
      return { from, to, proto: random.pick([6, 17]) };
    }
    const { address, port, protocol } = random.pick(frontends);
    return { from, to: { address, port }, proto: protocol === 'TCP' ? 6 : 17 };
  }
}

/** A packet of a remote backend to a SNAT port, or of a local one to the client. */
export function replyFrame(
  random: Random,
  { backend, client, proto }: FlowHalf,
  snatPort?: number,
): Uint8Array {
  const to = snatPort === undefined ? client : { address: place.node, port: snatPort };
  return build(random, snatPort === undefined ? fromNode : fromBackend, { from: backend, to, proto });
}

function build(random: Random, link: Link, { from, to, proto }: Ends): Uint8Array {
  const hops = random.chance(92) ? 64 : random.pick([0, 1, 2, 255]);
  const ip = eth(link).ipv4({
    src: from.address,
    dst: to.address,
    ttl: hops,
    id: random.below(65536),
    df: random.chance(50),
  });
  const ports = { sport: from.port, dport: to.port };
  const data = random.bytes(random.pick([0, 1, 5, 40]));
  if (proto === 6)
    return ip
      .tcp({ ...ports, flags: random.pick(FLAGS), seq: random.below(2 ** 32) })
      .payload(data)
      .bytes();
  return ip
    .udp({ ...ports, ...(random.chance(15) && { checksum: 0 }) })
    .payload(data)
    .bytes();
}

/** Packets that are not plain TCP or UDP. */
export function oddFrame(random: Random, frontends: readonly Frontend[], plain: Uint8Array): Uint8Array {
  const to = frontends.length > 0 && random.chance(80) ? random.pick(frontends).address : place.node;
  const ends = { src: random.pick(CLIENTS), dst: to };
  const ip = eth(fromRouter).ipv4(ends);
  const ports = { sport: 40001, dport: random.pick(PORTS) };
  const six = eth(fromRouter).ipv6({ src: '2001:db8::5', dst: '2001:db8:1::1' });
  const make = random.pick<() => PacketBuilder | Uint8Array>([
    () => ip.icmp({ type: 8, id: 1, seq: 1 }).payload('ping'),
    () => ip.icmp({ type: 3, code: 4, mtu: 1400 }).quote(plain, random.pick([28, 48, 500])),
    () => ip.sctp(ports).payload(random.bytes(16)),
    () =>
      eth(fromRouter)
        .ipv4({ ...ends, protocol: random.pick([47, 50, 4, 41, 2]) })
        .payload(random.bytes(40)),
    () => ip.ipv4({ src: ends.dst, dst: ends.src }).udp(ports),
    () =>
      eth(fromRouter)
        .ipv4({ ...ends, options: random.bytes(4 * (1 + random.below(10))) })
        .tcp({ ...ports, flags: ['syn'] }),
    () =>
      eth(fromRouter)
        .vlan({ id: random.below(4096) })
        .ipv4(ends)
        .tcp(ports),
    () => eth(fromRouter).vlan({ id: 5 }).vlan({ id: 6 }).ipv4(ends).tcp(ports),
    () => random.pick(fragmentPacket(ip.udp(ports).payload(random.bytes(40)), 16, random.below(65536))),
    () => six.tcp(ports),
    () => six.icmp({ type: 128, id: 1, seq: 1 }),
    () => eth(fromRouter).payload(random.bytes(46)),
    () => eth({ ...fromRouter, type: 0x0806 }).payload(random.bytes(28)),
  ]);
  const frame = make();
  return frame instanceof Uint8Array ? frame : frame.bytes();
}

export function spoilt(random: Random, frame: Uint8Array): Uint8Array {
  return spoilFrame(frame, random);
}
