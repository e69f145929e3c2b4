import type { FlowState, Frontend } from '@lbx/maps';
import { fragmentPacket, parsePacket, type Random, spoilFrame } from '@lbx/testing';
import { type Op, type PacketOp, type PokedMap, pokedMaps } from './op.ts';
import { dsrFrame, errorFrame, oddFrame, replyFrame, requestFrame, taggedFrame } from './random-packets.ts';
import { randomServices } from './random-services.ts';

/** What the next step may be about. */
export interface World {
  readonly frontends: readonly Frontend[];
  /** As the oracle knows them. */
  readonly flows: FlowState;
  /** Frames that were changed, the last ones. */
  readonly sent: readonly Uint8Array[];
}

/** Steps without end, from what there is and chance. */
export function randomOps(random: Random): (world: World) => Op {
  // The pieces of a datagram come one after the other, most of the time.
  const pending: PacketOp[] = [];
  return (world) => {
    if (pending.length > 0 && random.chance(85)) return pending.shift()!;
    const op = randomOp(random, world);
    if (op.kind !== 'packet' || !random.chance(4)) return op;
    pending.push(...pieces(random, op));
    return pending.shift() ?? op;
  };
}

/** A packet in pieces; none for what cannot be cut. */
function pieces(random: Random, op: PacketOp): PacketOp[] {
  const { ipv4, ipv6, tcp, udp, payload, problems } = parsePacket(op.frame);
  if (!(ipv4 || ipv6) || !(tcp || udp) || payload.length === 0 || problems.length > 0) return [];
  const frames = fragmentPacket(op.frame, random.pick([24, 32, 40]), random.below(4));
  const kept = frames.filter(() => random.chance(95));
  if (random.chance(10)) kept.reverse();
  return kept.map((frame) => ({ ...op, frame }));
}

/** The next step. */
function randomOp(random: Random, { frontends, flows, sent }: World): Op {
  const dice = random.below(1000);
  if (dice < 15) return { kind: 'wait', seconds: random.pick([0.4, 1.4, 5, 31, 61, 125, 8001]) };
  if (dice < 25) return { kind: 'evict', half: random.pick(['request', 'reply']), nth: random.below(1000) };
  if (dice < 27) return { kind: 'services', frontends: randomServices(random) };
  if (dice < 31) return poke(random);
  if (dice < 34) return network(random);
  const plain = plainPacket(random, frontends, flows);
  // Half of what arrives meets XDP, the other half tc.
  const hook = plain.hook === 'xdp' && random.chance(50) ? 'tc-ingress' : plain.hook;
  const tag = (op: PacketOp) => (random.chance(8) ? { ...op, frame: taggedFrame(random, op.frame) } : op);
  const packet = { ...plain, hook, ...(hook !== 'xdp' && random.chance(50) && { complete: true }) };
  if (dice < 55 && sent.length > 0) return tag({ ...packet, frame: errorFrame(random, random.pick(sent)) });
  const byDsr = dice < 75 ? dsrFrame(random, frontends) : undefined;
  if (byDsr) return tag({ ...packet, frame: byDsr });
  if (dice < 115) return tag({ ...packet, frame: oddFrame(random, frontends, plain.frame) });
  const whole = tag(packet);
  return dice < 195 ? { ...whole, frame: spoilFrame(whole.frame, random) } : whole;
}

function plainPacket(random: Random, frontends: readonly Frontend[], flows: FlowState): PacketOp {
  const dice = random.below(100);
  if (dice < 30) {
    const used = [...flows.ports].flatMap(([key, ways]) =>
      ways.flatMap((half) => (half ? [{ half, port: Number(key.split(' ')[1]) }] : [])),
    );
    if (used.length > 0) {
      const { half, port } = random.pick(used);
      return arriving(random, replyFrame(random, half, port));
    }
  }
  if (dice < 45 && flows.localReplies.size > 0) {
    const half = random.pick([...flows.localReplies.values()]);
    return { kind: 'packet', hook: 'tc-egress', device: 'eth0', frame: replyFrame(random, half) };
  }
  const packet = arriving(random, requestFrame(random, frontends, [...flows.requests.values()]));
  return random.chance(97) ? packet : { ...packet, hook: 'tc-egress' };
}

/** Most comes from the world. */
function arriving(random: Random, frame: Uint8Array): PacketOp {
  return { kind: 'packet', hook: 'xdp', device: random.chance(85) ? 'eth0' : 'pods', frame };
}

/** Put right three times as often as spoilt, in the end. */
function network(random: Random): Op {
  const family = random.pick([4, 6] as const);
  if (random.chance(80))
    return { kind: 'neighbour', family, backend: random.below(10), known: random.chance(40) };
  return { kind: 'forwarding', family, on: random.chance(85) };
}

function poke(random: Random): Op {
  const nth = random.below(1000);
  const map = random.pick(pokedMaps);
  if (random.chance(40) && map !== 'lbx_backend_meta') return { kind: 'poke', map, nth, at: 0 };
  const [at, byte] = [random.pick(BYTES[map] ?? [0]), random.below(256)];
  return { kind: 'poke', map, nth, at, byte };
}

/** Of services the count, id and flags; of backends the port and state; of metadata the generation. */
const BYTES: { readonly [M in PokedMap]?: readonly number[] } = {
  lb4_services_v2: [4, 6, 8, 9],
  lb6_services_v2: [4, 6, 8, 9],
  lb4_backends_v3: [4, 7],
  lb6_backends_v3: [16, 19],
};
