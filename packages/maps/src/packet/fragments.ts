import type { Packet } from './packet.ts';
import type { Piece } from './read-deep.ts';
import type { Run } from './run.ts';

/** How long the ports of a datagram are remembered: no receiver waits longer for its pieces. */
const SECONDS = 60;

const keyOf = ({ from, to, proto }: Pick<Packet, 'from' | 'to' | 'proto'>, { id }: Piece) =>
  `${from.address} ${to.address} ${id} ${proto}`;

/** The first piece of a datagram tells the ports. */
export function rememberPorts({ flows, clock }: Run, packet: Packet, piece: Piece): void {
  const { from, to } = packet;
  flows.fragments.set(keyOf(packet, piece), { sport: from.port, dport: to.port, seen: clock.now });
}

/** The ports of a later piece; undefined when its first was not seen, or is nobody's. */
export function portsOf(
  { flows, clock }: Pick<Run, 'flows' | 'clock'>,
  packet: Pick<Packet, 'from' | 'to' | 'proto'>,
  piece: Piece,
): { readonly sport: number; readonly dport: number } | undefined {
  const known = flows.fragments.get(keyOf(packet, piece));
  if (known === undefined || clock.isOlder(clock.now - known.seen, SECONDS * clock.hz)) return undefined;
  return known;
}

/** A later piece with the ports of its datagram; undefined when its first was not seen, or is nobody's. */
export function recallPorts(run: Run, packet: Packet, piece: Piece): Packet | undefined {
  const known = portsOf(run, packet, piece);
  if (known === undefined) return undefined;
  return { ...packet, from: { ...packet.from, port: known.sport }, to: { ...packet.to, port: known.dport } };
}
