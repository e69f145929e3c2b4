import { backendIdOfSlot } from '../explain/choose-backend.ts';
import { readBackend } from '../explain/read-backend.ts';
import type { FoundService } from '../explain/service-key.ts';
import { FlowFlag } from '../flow/flow4.ts';
import { IpProto } from '../layouts/names.ts';
import { bindFlow } from './bind-flow.ts';
import { flagsAfter, isClosing, isExpired } from './flow-phase.ts';
import { type FlowBackend, type FlowTuple, requestKey } from './flow-state.ts';
import { followFragment } from './follow-fragment.ts';
import { portsOf, rememberPorts } from './fragments.ts';
import { type Packet, TcpBit } from './packet.ts';
import { type Piece, readDeep, skipHeaders } from './read-deep.ts';
import { readAddresses, readPacket } from './read-packet.ts';
import { lookOver } from './request.ts';
import { type End, endBy, type Run } from './run.ts';
import { mayKeepPorts } from './sctp.ts';
import { lookupServiceOfNode } from './service-of-node.ts';

/**
 * A packet in a tunnel. If it is for a service, and the tunnel leads to a backend of it on this node, it comes out and is
 * delivered; undefined where that is not so.
 */
export function unwrapDsr(run: Run): End | undefined {
  const { packet, flows, settings, trace } = run;
  const inside = readInside(run);
  if (!settings.derived || inside === undefined) return undefined;
  const { tuple, tcpFlags, isLater } = inside;
  const { address, port } = tuple.service;
  const any = packet.family === 4 ? '0.0.0.0' : '::';
  if (!run.mayBeOurs(address, port, tuple.proto) && !run.mayBeOurs(any, port, tuple.proto)) return undefined;
  const place = { address, dport: port, proto: tuple.proto, scope: 0 };
  const service = lookupServiceOfNode(
    trace,
    packet.family,
    place,
    'the service that the packet inside is for',
  );
  if (service === undefined) return undefined;

  const known = flows.requests.get(requestKey(tuple));
  // The other node chose: a flow that is over is made anew with its backend.
  const isKnown =
    known &&
    known.flags & FlowFlag.local &&
    known.backend.address === packet.to.address &&
    !(tcpFlags & TcpBit.syn && isClosing(known.flags)) &&
    !isExpired(known, run);
  // A piece without ports can but follow.
  const backend = isKnown || isLater ? undefined : backendHere(run, service, packet.to.address);
  if (!isKnown && !(backend && mayKeepPorts(tuple, backend))) return undefined;
  const deep = readInner(readPacket(withoutOuter(run)));
  if (deep?.packet.kind !== (isLater ? 'fragment' : 'flow')) return endBy(run, 'drop_rewrite');
  if (isLater) return followFragment(run, deep.packet, deep.piece);
  if (deep.piece.isFragment) rememberPorts(run, deep.packet, deep.piece);
  const inner = { ...run, packet: deep.packet };
  if (isKnown) return lookOver(inner, known);
  run.notes.push('note_new_flow');
  const flags = flagsAfter(FlowFlag.local, 'request', tcpFlags);
  return bindFlow(inner, { ...tuple, backend: backend!, revNatId: service.value.revNatIndex, flags }, 'here');
}

const whole: Piece = { isFragment: false, isLater: false, id: 0 };

function readInner(packet: Packet): { readonly packet: Packet; readonly piece: Piece } | undefined {
  if (packet.kind === 'flow') return { packet, piece: whole };
  return packet.kind === 'other' ? undefined : readDeep(packet);
}

/** The flow of the packet inside, if that is TCP or UDP; of a later piece as its first one has told. */
function readInside(
  run: Run,
): { readonly tuple: FlowTuple; readonly tcpFlags: number; readonly isLater: boolean } | undefined {
  const { frame, family, ipAt } = run.packet;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const length = family === 4 ? 20 : 40;
  const innerAt = ipAt + length;
  if (frame.length < innerAt + length || view.getUint8(innerAt) >> 4 !== family) return undefined;
  if (family === 4 && (view.getUint8(innerAt) & 0x0f) < 5) return undefined;
  const found = skipHeaders(view, { family, ipAt: innerAt });
  if (found === undefined) return undefined;
  const { l4At, proto, piece } = found;
  if (proto !== IpProto.TCP && proto !== IpProto.UDP && proto !== IpProto.SCTP) return undefined;
  const { from, to } = readAddresses(view, innerAt, family);
  const tupleOf = (sport: number, dport: number): FlowTuple => ({
    proto,
    client: { address: from, port: sport },
    service: { address: to, port: dport },
  });
  if (piece.isLater) {
    const ends = { proto, from: { address: from, port: 0 }, to: { address: to, port: 0 } };
    const ports = portsOf(run, ends, piece);
    return ports && { tuple: tupleOf(ports.sport, ports.dport), tcpFlags: 0, isLater: true };
  }
  if (frame.length < l4At + (proto === IpProto.TCP ? 14 : 4)) return undefined;
  return {
    tuple: tupleOf(view.getUint16(l4At), view.getUint16(l4At + 2)),
    tcpFlags: proto === IpProto.TCP ? view.getUint8(l4At + 13) : 0,
    isLater: false,
  };
}

/** The first backend of a service with that address, in any of its slots; it must be one of this node. */
function backendHere(run: Run, { family, key }: FoundService, address: string): FlowBackend | undefined {
  for (let slot = 1; ; slot++) {
    const id = backendIdOfSlot(run.trace, family, key, slot);
    if (id === undefined) return undefined;
    const backend = readBackend(run.trace, family, id)?.backend;
    if (backend?.address !== address) continue;
    const { generation = 0, local = false } = run.backends.get(id) ?? {};
    return generation % 2 === 1 && local ? { id, address, port: backend.port, generation } : undefined;
  }
}

function withoutOuter({ packet: { frame, ipAt, family } }: Run): Uint8Array {
  const length = family === 4 ? 20 : 40;
  const bytes = new Uint8Array(frame.length - length);
  bytes.set(frame.subarray(0, ipAt));
  bytes.set(frame.subarray(ipAt + length), ipAt);
  return bytes;
}
