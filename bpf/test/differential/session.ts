import {
  type Clock,
  createFlowState,
  explainPacket,
  type LbxFlow4Key,
  type PacketOutcome,
  type PacketState,
  type ReasonName,
  reasons,
} from '@lbx/maps';
import { parsePacket } from '@lbx/testing';
import type { Arena } from './arena.ts';
import { askRoute, type Network } from './ask-route.ts';
import { compareFlows } from './compare-flows.ts';
import { type Jiffies, nextJiffy } from './jiffies.ts';
import type { Kernel } from './kernel.ts';
import { clearFlows, evictFlow, evictReply, makeOlder, readFlows } from './kernel-flows.ts';
import { poke, readTables } from './kernel-tables.ts';

import type { Op, PacketOp, Session } from './op.ts';
import { type Device, familyOf, places, vlans } from './place.ts';
import type { World } from './random-session.ts';
import { runProgram, SPOILT_SUM } from './run-program.ts';

/** How one session ended. */
export interface SessionResult {
  readonly ops: readonly Op[];
  readonly pairs: number;
  /** Empty: the kernel and the oracle agree. */
  readonly problems: readonly string[];
  /** The last packet hung by a jiffy, so the session ended there. */
  readonly undecided: boolean;
  readonly counts: ReadonlyMap<ReasonName, number>;
}

/** Answers to questions about time that could be the other one a few jiffies earlier or later. */
const MARGIN = 14;

/**
 * Runs steps through programs and oracle from an empty flow table on; `next` gives them one by one and may look at what
 * flows there are. Ends with the first difference.
 */
export function runSession(
  arena: Arena,
  frontends: Session['frontends'],
  next: (world: World) => Op | undefined,
): SessionResult {
  const { kernel, control, settings, jiffies } = arena;
  const undo: (() => void)[] = [];
  const ops: Op[] = [];
  const counts = new Map<ReasonName, number>();
  let services = frontends;
  let [waited, waitedSeconds] = [0, 0];
  let hangs = false;
  let pairs = 0;
  let sent: Uint8Array[] = [];
  const network: Network = { forgotten: new Set(), stopped: new Set() };

  clearFlows(kernel);
  let state: PacketState = { ...readTables(kernel), flows: createFlowState() };
  const countedBefore = readCounters(kernel);
  const problems = play();
  if (problems.length > 0) problems.push(...compareCounters());
  if (problems.length === 0 && !hangs) problems.push(...compareEnd());
  for (const back of undo.reverse()) back();
  mend();
  if (services !== frontends) control.apply(frontends);
  return { ops, pairs, problems, undecided: hangs && problems.length === 0, counts };

  function play(): string[] {
    for (;;) {
      const op = next({ frontends: services, flows: state.flows, sent });
      if (op === undefined) return [];
      ops.push(op);
      const found = step(op);
      if (hangs || found.length > 0) return hangs ? [] : found;
    }
  }

  function step(op: Op): string[] {
    switch (op.kind) {
      case 'packet':
        return packet(op);
      case 'wait':
        waited += Math.round(op.seconds * settings.hz);
        waitedSeconds += Math.floor(op.seconds);
        makeOlder(kernel, Math.round(op.seconds * settings.hz), Math.floor(op.seconds));
        return [];
      case 'evict':
        evict(op);
        return [];
      case 'neighbour': {
        const address = places[op.family].backends[op.backend]!;
        if (op.known === network.forgotten.has(address))
          kernel.node.setNeighbour(op.family, op.backend, op.known);
        network.forgotten[op.known ? 'delete' : 'add'](address);
        return [];
      }
      case 'forwarding':
        if (op.on === network.stopped.has(op.family)) kernel.node.setForwarding(op.family, op.on);
        network.stopped[op.on ? 'delete' : 'add'](op.family);
        return [];
      case 'services':
        for (const back of undo.splice(0).reverse()) back();
        services = op.frontends;
        control.apply(services);
        break;
      case 'poke':
        undo.push(poke(kernel, op));
    }
    state = { ...readTables(kernel), flows: state.flows };
    return [];
  }

  function packet(op: PacketOp): string[] {
    const { hook, frame } = op;
    // Whole seconds, which session affinity counts in, must not change meanwhile.
    while (isNearSecond(jiffies)) nextJiffy(jiffies);
    const begun = jiffies.now();
    const ran = runProgram(kernel, op);
    if (ran === undefined) return [];
    const { verdict, data } = ran;
    pairs++;
    const ended = jiffies.now();
    if (isUnclear(begun, ended)) {
      hangs = true;
      return [];
    }
    const outcome = explainPacket(state, frame, {
      hook,
      device: op.device,
      vlanDevice: (device, id) => vlans[id]?.[device as Device],
      settings,
      clock: clockOf(ended, ended - begun),
      askRoute: askRoute(network),
    });
    for (const reason of [...outcome.notes, ...(outcome.reason ? [outcome.reason] : [])])
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    // A search for a port that failed is not tried again in the same jiffy: wait for the next, so that time plays no part.
    if (outcome.reason === 'drop_snat_ports_used_up' || outcome.notes.includes('note_flow_evicted'))
      nextJiffy(jiffies);
    if (outcome.frame !== frame) sent = [...sent.slice(-20), outcome.frame];
    return comparePacket(frame, verdict, data, outcome);
  }

  /** This process was held up, so that nobody knows when the packet was looked at; every flow that it was of would be told wrong. */
  function isUnclear(begun: number, ended: number): boolean {
    const second = (at: number) => Math.floor(at / settings.hz);
    return ended - begun > MARGIN - 2 || second(begun) !== second(ended);
  }

  function clockOf(now: number, took: number): Clock {
    return {
      now: now + waited,
      seconds: Math.floor(now / settings.hz) + waitedSeconds,
      hz: settings.hz,
      beyond: MARGIN + 6,
      isOlder(age, limit) {
        if (Math.abs(age - limit) <= MARGIN + took) hangs = true;
        return age > limit;
      },
      isOver(seconds, limit) {
        if (limit > 0 && Math.abs(seconds - limit) <= 1) hangs = true;
        return seconds >= limit;
      },
    };
  }

  /** The network as it was in the beginning. */
  function mend(): void {
    for (const family of network.stopped) kernel.node.setForwarding(family, true);
    for (const address of network.forgotten) {
      const family = familyOf(address);
      kernel.node.setNeighbour(family, places[family].backends.indexOf(address), true);
    }
  }

  function evict({ half, nth }: Extract<Op, { kind: 'evict' }>): void {
    const { requests, localReplies, ports } = state.flows;
    if (half === 'request') {
      const key = [...requests.keys()].sort()[nth % requests.size];
      if (key === undefined) return;
      const { proto, client, service } = requests.get(key)!;
      requests.delete(key);
      evictFlow(kernel, keyOf(proto, client, service, 0));
      return;
    }
    const places = [...ports].flatMap(([key, ways]) =>
      ways.flatMap((each, way) => (each ? [{ key, way, each }] : [])),
    );
    const all = places.length + localReplies.size;
    if (all === 0) return;
    if (nth % all < places.length) {
      const { key, way, each } = places[nth % all]!;
      ports.get(key)![way] = undefined;
      const index = Number(key.split(' ')[1]) - settings.snatPorts[0];
      evictReply(kernel, index, each.proto, each.backend.address, each.backend.port);
      return;
    }
    const [key, { proto, backend, client }] = [...localReplies][(nth % all) - places.length]!;
    localReplies.delete(key);
    evictFlow(kernel, keyOf(proto, backend, client, 1));
  }

  function compareEnd(): string[] {
    const there = readFlows(kernel, settings.snatPorts[0]);
    const now = jiffies.now();
    const found = compareFlows(there, state.flows, now - 300 * settings.hz, now + waited);
    return [...found, ...compareCounters()];
  }

  function compareCounters(): string[] {
    const after = readCounters(kernel);
    return reasons.flatMap(({ id, name }) => {
      const [has, wants] = [after[id]! - countedBefore[id]!, counts.get(name) ?? 0];
      return has === wants ? [] : [`${name}: counted ${has} times, expected ${wants}`];
    });
  }
}

function isNearSecond({ now, hz }: Jiffies): boolean {
  const fraction = now() % hz;
  return fraction < 2 || fraction > hz - 3;
}

function keyOf(
  proto: number,
  from: { address: string; port: number },
  to: { address: string; port: number },
  direction: number,
): LbxFlow4Key {
  return {
    saddr: from.address,
    daddr: to.address,
    sport: from.port,
    dport: to.port,
    proto,
    direction,
  } as LbxFlow4Key;
}

function comparePacket(
  frame: Uint8Array,
  verdict: string,
  data: Uint8Array,
  outcome: PacketOutcome,
): string[] {
  const problems: string[] = [];
  // The kernel forgets the sum of a packet whose end moves, but test runs compare it all the same.
  if (verdict === SPOILT_SUM && outcome.notes.includes('sent_icmp_error')) return [];
  const says = `${outcome.reason ?? 'a stranger'}${outcome.notes.length > 0 ? ` (${outcome.notes.join(', ')})` : ''}`;
  if (verdict !== outcome.verdict) problems.push(`verdict ${verdict}, expected ${outcome.verdict}: ${says}`);
  // What a dropped packet looks like is nobody's business.
  else if (verdict !== 'drop' && Buffer.compare(data, outcome.frame) !== 0) {
    problems.push(
      `frame out   ${Buffer.from(data).toString('hex')}`,
      `expected    ${Buffer.from(outcome.frame).toString('hex')}: ${says}`,
    );
  } else if (outcome.frame !== frame && verdict !== 'drop') {
    // What came in right must go out right.
    const before = parsePacket(frame);
    const after = parsePacket(data);
    if (before.problems.length === 0) problems.push(...after.problems);
  }
  return problems;
}

/** Packets by reason. */
function readCounters(kernel: Kernel): number[] {
  const map = kernel.map('lbx_counters');
  const counts: number[] = [];
  const stride = (map.valueSize + 7) & ~7;
  for (const { values, count } of map.readBatches()!) {
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let at = 0; at < map.valueBytes; at += stride)
        sum += Number(view.getBigUint64(i * map.valueBytes + at, true));
      counts.push(sum);
    }
  }
  return counts;
}
