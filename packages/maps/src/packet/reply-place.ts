import { isConfirmed, isExpired } from './flow-phase.ts';
import {
  type FlowState,
  type FlowTuple,
  isSameEndpoint,
  isSameFlow,
  REPLY_WAYS,
  type RemoteReply,
  type RequestHalf,
} from './flow-state.ts';
import type { PacketEnd } from './packet.ts';
import type { Run } from './run.ts';
import { snatPorts } from './snat-ports.ts';

const TRIES = 1024;
const HARD_TRIES = 32;
const HEAL_TRIES = 4;

const portKey = (address: string, port: number) => `${address.includes(':') ? 6 : 4} ${port}`;

/** The flow that a backend's packet to a SNAT port belongs to. */
export function replyAt(
  flows: FlowState,
  port: number,
  proto: number,
  backend: PacketEnd,
): RemoteReply | undefined {
  return flows.ports
    .get(portKey(backend.address, port))
    ?.find((half) => half && half.proto === proto && isSameEndpoint(half.backend, backend));
}

/** The reply half of a flow to a remote backend whose request half is known. */
export function replyOf(flows: FlowState, flow: RequestHalf): RemoteReply | undefined {
  const half = replyAt(flows, flow.snatPort!, flow.proto, flow.backend);
  return half && isSameFlow(half, flow) ? half : undefined;
}

/** The reply half of a flow that lost its request half: at one of the first ports that the flow would try. */
export function findLostReply(run: Run, flow: FlowTuple): RemoteReply | undefined {
  const { flows, settings } = run;
  let tries = HEAL_TRIES;
  for (const port of snatPorts(flow, settings)) {
    const ways = flows.ports.get(portKey(flow.client.address, port));
    const found = ways?.find((half) => half && isSameFlow(half, flow) && !isExpired(half, run));
    if (found || --tries === 0) return found;
  }
  return undefined;
}

/**
 * Finds a SNAT port for a flow and puts its reply half there; undefined when no port is to be had. A port is free for a
 * flow unless another that lives talks to the same backend from it. After 1024 tries, 32 more may displace flows to the
 * backend that were not confirmed within a second.
 */
export function placeReply(run: Run, half: RemoteReply): number | undefined {
  let tries = 0;
  for (const port of snatPorts(half, run.settings)) {
    if (tries === TRIES + HARD_TRIES) return undefined;
    const evicts = placeAt(run, port, half, tries >= TRIES);
    if (evicts === true) run.notes.push('note_flow_evicted');
    if (evicts !== undefined) return port;
    tries++;
  }
  return undefined;
}

/** Undefined: no place here. Else: was a flow that lives displaced? */
function placeAt(run: Run, port: number, half: RemoteReply, hard: boolean): boolean | undefined {
  const { flows, clock } = run;
  const key = portKey(half.client.address, port);
  const ways = flows.ports.get(key) ?? Array<RemoteReply | undefined>(REPLY_WAYS).fill(undefined);
  flows.ports.set(key, ways);
  const same = ways.findIndex(
    (other) => other?.proto === half.proto && isSameEndpoint(other.backend, half.backend),
  );
  if (same >= 0) {
    const other = ways[same]!;
    const mine = isSameFlow(other, half);
    if (!mine && !isExpired(other, run)) {
      const isYoung = !clock.isOlder(clock.now - other.lastSeen, clock.hz);
      if (!hard || isConfirmed(other.flags) || isYoung) return undefined;
      ways[same] = half;
      return true;
    }
    ways[same] = half;
    return false;
  }
  const free = ways.lastIndexOf(undefined);
  const way = free >= 0 ? free : victimOf(run, ways as RemoteReply[], hard);
  if (way === undefined) return undefined;
  const evicts = free < 0 && !isExpired(ways[way]!, run);
  ways[way] = half;
  return evicts;
}

/**
 * Who leaves a port that eight backends use: a flow that has expired; else the longest silent that is not confirmed, so
 * that a flood displaces its own; with `hard`, the longest silent of all.
 */
function victimOf(run: Run, ways: readonly RemoteReply[], hard: boolean): number | undefined {
  const expired = ways.findIndex((half) => isExpired(half, run));
  if (expired >= 0) return expired;
  const longest = (candidates: (half: RemoteReply) => boolean) =>
    ways.reduce<number | undefined>((best, half, way) => {
      if (!candidates(half)) return best;
      return best === undefined || half.lastSeen <= ways[best]!.lastSeen ? way : best;
    }, undefined);
  return longest((half) => !isConfirmed(half.flags)) ?? (hard ? longest(() => true) : undefined);
}
