import type { LbAffinityVal } from '../layouts/affinity.ts';
import type { PacketEnd } from './packet.ts';

/** The backend that a flow was given. A flow is over when the generation of the id is another. */
export interface FlowBackend extends PacketEnd {
  readonly id: number;
  readonly generation: number;
}

/** Who talks to which service, as the client's packets say. */
export interface FlowTuple {
  readonly proto: number;
  readonly client: PacketEnd;
  readonly service: PacketEnd;
}

/** What both halves of a flow know. Times in jiffies. */
export interface FlowHalf extends FlowTuple {
  readonly backend: FlowBackend;
  readonly revNatId: number;
  /** FlowFlag bits. */
  flags: number;
  lastSeen: number;
}

/** What a client's packets find: the backend, and how it is reached. */
export interface RequestHalf extends FlowHalf {
  /** Of a flow to a remote backend that answers us. */
  readonly snatPort?: number;
  /** When the route and the service were last asked for. */
  checked: number;
  /** Of a flow to a remote backend. */
  way?: Way;
}

/** What the packets of a remote backend find, by SNAT port. */
export interface RemoteReply extends FlowHalf {
  /** Where the request came from on the link. */
  readonly clientDevice: string;
  readonly clientMac: string;
  checked: number;
  way?: Way;
}

/** The way to a next hop: the device, and the link addresses to write. */
export interface Link {
  readonly device: string;
  readonly dmac: string;
  readonly smac: string;
  /** Bytes of IP that this way takes; absent: not known. */
  readonly mtu?: number | undefined;
}

/**
 * The way to a next hop as it was when a flow was told of it. When the link has changed since, the flow must ask again;
 * without a link, the kernel finds one for each packet.
 */
export interface Way {
  readonly device: string;
  /** Of `links`. */
  readonly key?: string;
  readonly link?: Link;
}

/** Flows may share a SNAT port, each with another backend. */
export const REPLY_WAYS = 8;

/**
 * What the programs remember between packets. `explainPacket` moves it on as they do; give it a copy where that must not
 * happen.
 */
export interface FlowState {
  /** By `requestKey`. */
  readonly requests: Map<string, RequestHalf>;
  /** Reply halves of flows to backends on this node, by `localReplyKey`. */
  readonly localReplies: Map<string, FlowHalf>;
  /** Reply halves of flows to remote backends: `family port`, then up to eight places. */
  readonly ports: Map<string, (RemoteReply | undefined)[]>;
  /** Session affinity, by `affinityKey`. */
  readonly affinities: Map<string, LbAffinityVal>;
  /** Next hops as last seen, by device and address. */
  readonly links: Map<string, Link>;
  /** Ports of fragmented datagrams. */
  readonly fragments: Map<string, { readonly sport: number; readonly dport: number; readonly seen: number }>;
  /** Ways to backends, by backend id. */
  readonly backendWays: Map<
    number,
    { readonly address: string; readonly way: Way; readonly checked: number }
  >;
}

/** Nothing remembered. */
export function createFlowState(): FlowState {
  return {
    requests: new Map(),
    localReplies: new Map(),
    ports: new Map(),
    affinities: new Map(),
    links: new Map(),
    fragments: new Map(),
    backendWays: new Map(),
  };
}

const text = ({ address, port }: PacketEnd) => `${address} ${port}`;

export function requestKey({ proto, client, service }: FlowTuple): string {
  return `${proto} ${text(client)} ${text(service)}`;
}

/** A local backend's packets name it and the client, not the service. */
export function localReplyKey(proto: number, backend: PacketEnd, client: PacketEnd): string {
  return `${proto} ${text(backend)} ${text(client)}`;
}

export function affinityKey(client: string, revNatId: number): string {
  return `${client} ${revNatId}`;
}

export function isSameEndpoint(a: PacketEnd, b: PacketEnd): boolean {
  return a.address === b.address && a.port === b.port;
}

export function isSameFlow(a: FlowTuple, b: FlowTuple): boolean {
  return a.proto === b.proto && isSameEndpoint(a.client, b.client) && isSameEndpoint(a.service, b.service);
}
