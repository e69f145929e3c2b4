import { FlowFlag } from '../flow/flow4.ts';
import { GATE_BACKEND } from '../flow/gate.ts';
import { IpProto } from '../layouts/names.ts';
import { placeLocalReply } from './bind-flow.ts';
import { addToChecksum, replaceWords } from './checksummed-write.ts';
import {
  DESTINATION_OPTIONS,
  DSR_OPTION_4,
  DSR_OPTION_6,
  DSR_OPTION_6_LENGTH,
  DSR_OPTION_LENGTH,
} from './dsr.ts';
import { isClosing, isExpired } from './flow-phase.ts';
import { isSameEndpoint, localReplyKey } from './flow-state.ts';
import type { Packet, PacketEnd } from './packet.ts';
import { readAddress } from './read-packet.ts';
import type { End, Run } from './run.ts';
import { mayKeepPorts } from './sctp.ts';
import { lookupServiceOfNode } from './service-of-node.ts';

/**
 * A packet with options. If another node sent it on by DSR to a backend here, the backend's answers will be given the service
 * address that it names, and the packet goes on without the option. The service must exist.
 */
export function learnDsr(run: Run): End | undefined {
  const { packet, trace, flows, clock } = run;
  const told = readOption(packet);
  if (told === undefined) return undefined;
  const { service, proto, client, backend } = told;
  if (!run.mayBeOurs(backend.address, backend.port, proto + GATE_BACKEND)) return undefined;
  if (!mayKeepPorts(told, backend)) return undefined;
  const place = { address: service.address, dport: service.port, proto, scope: 0 };
  const found = lookupServiceOfNode(trace, packet.family, place, 'the service that the DSR option names');
  if (found === undefined) return undefined;
  const known = flows.localReplies.get(localReplyKey(proto, backend, client));
  if (known && isSameEndpoint(known.service, service) && !isClosing(known.flags) && !isExpired(known, run)) {
    known.lastSeen = clock.now;
    return { verdict: 'pass', frame: withoutOption(packet) };
  }
  // Requests after the first do not pass here: the answers alone keep it.
  const flags = FlowFlag.local | FlowFlag.replied | FlowFlag.confirmed;
  const half = { proto, client, service, backend: { ...backend, id: 0, generation: 0 } };
  if (placeLocalReply(run, { ...half, revNatId: found.value.revNatIndex, flags }))
    run.notes.push('note_dsr_learnt');
  return { verdict: 'pass', frame: withoutOption(packet) };
}

function withoutOption({ frame, family, ipAt }: Packet): Uint8Array {
  const length = DSR_OPTION_LENGTH[family];
  const at = ipAt + (family === 4 ? 20 : 40);
  const whole = frame.slice();
  const view = new DataView(whole.buffer);
  if (family === 6) {
    view.setUint8(ipAt + 6, view.getUint8(at));
    view.setUint16(ipAt + 4, view.getUint16(ipAt + 4) - length);
  } else {
    const option = replaceWords(view, at, length, () => whole.fill(0, at, at + length));
    const difference = replaceWords(view, ipAt, 4, () => {
      view.setUint8(ipAt, view.getUint8(ipAt) - length / 4);
      view.setUint16(ipAt + 2, view.getUint16(ipAt + 2) - length);
    });
    addToChecksum(view, ipAt + 10, difference + option);
  }
  const bytes = new Uint8Array(frame.length - length);
  bytes.set(whole.subarray(0, at));
  bytes.set(whole.subarray(at + length), at);
  return bytes;
}

interface Told {
  readonly service: PacketEnd;
  readonly proto: number;
  readonly client: PacketEnd;
  readonly backend: PacketEnd;
}

/** What the option says, if it is the first one, and which flow the packet is of. */
function readOption({ frame, family, ipAt, from, to }: Packet): Told | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const at = ipAt + (family === 4 ? 20 : 40);
  const length = DSR_OPTION_LENGTH[family];
  if (frame.length < at + length) return undefined;
  const found = family === 4 ? option4(view, ipAt) : option6(view, ipAt);
  if (found === undefined) return undefined;
  const { service, proto, l4At } = found;
  const hasPorts = proto === IpProto.TCP || proto === IpProto.UDP || proto === IpProto.SCTP;
  if (!hasPorts || frame.length < l4At + 4) return undefined;
  const client = { address: from.address, port: view.getUint16(l4At) };
  return { service, proto, client, backend: { address: to.address, port: view.getUint16(l4At + 2) } };
}

function option4(view: DataView, ipAt: number) {
  const at = ipAt + 20;
  const headerLength = (view.getUint8(ipAt) & 0x0f) * 4;
  if (view.getUint8(at) !== DSR_OPTION_4 || view.getUint8(at + 1) !== 8 || headerLength < 28)
    return undefined;
  // Later pieces of a datagram repeat the option, but have no ports.
  if (view.getUint16(ipAt + 6) & 0x1fff) return undefined;
  const bytes = [7, 6, 5, 4].map((i) => view.getUint8(at + i));
  const service = { address: bytes.join('.'), port: view.getUint16(at + 2, true) };
  return { service, proto: view.getUint8(ipAt + 9), l4At: ipAt + headerLength };
}

function option6(view: DataView, ipAt: number) {
  const at = ipAt + 40;
  if (view.getUint8(ipAt + 6) !== DESTINATION_OPTIONS || view.getUint8(at + 1) !== 2) return undefined;
  if (view.getUint8(at + 2) !== DSR_OPTION_6 || view.getUint8(at + 3) !== DSR_OPTION_6_LENGTH)
    return undefined;
  const service = { address: readAddress(view, at + 4, 6), port: view.getUint16(at + 20) };
  return { service, proto: view.getUint8(at), l4At: at + 24 };
}
