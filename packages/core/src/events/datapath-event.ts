import {
  EventDirection,
  Hook,
  type LbxEvent,
  protocolName,
  type Reason,
  type ReasonName,
  reasonOf,
} from '@lbx/maps';
import { type EventKind, eventKindsOf } from './event-kind.ts';
import type { EventNames } from './event-names.ts';

/** One end of a packet. The port is missing where the packet has none, or not all of its header. */
export interface EventEndpoint {
  readonly address: string;
  readonly port?: number;
}

/** A packet that the datapath told of, as it was before anything was translated. */
export interface DatapathEvent {
  readonly kind: EventKind;
  readonly reason: ReasonName;
  /** The reason in a sentence. */
  readonly doc: string;
  readonly time: Date;
  /** Nanoseconds since boot, exact. */
  readonly monotonicNs: bigint;
  readonly hook: 'xdp' | 'tc-ingress' | 'tc-egress';
  /** From the client or to it, where that is known. */
  readonly direction?: 'request' | 'reply';
  /** Number of the device. */
  readonly ifindex: number;
  /** 0 for what is no IP packet; then there are no ends. */
  readonly family: 0 | 4 | 6;
  /** "TCP", or the number of a protocol that has no name here; empty for what is no IP packet. */
  readonly protocol: string;
  readonly source?: EventEndpoint;
  readonly destination?: EventEndpoint;
  /** Of TCP: "syn", "ack". */
  readonly tcpFlags: readonly string[];
  /** Bytes of the frame. */
  readonly length: number;
  /** Frontend of the packet's flow, or that it is addressed to: "198.51.100.1:80/TCP". */
  readonly service?: string;
  /** The backend that was chosen: "192.0.2.10:8080". */
  readonly backend?: string;
  readonly backendId?: number;
  /** Number of the frontend. */
  readonly revNatId?: number;
  readonly cpu: number;
  /** The event stands for so many packets. */
  readonly oneIn: number;
}

const hooks: Readonly<Record<number, DatapathEvent['hook']>> = {
  [Hook.xdp]: 'xdp',
  [Hook.tcIngress]: 'tc-ingress',
  [Hook.tcEgress]: 'tc-egress',
};
const directions: Readonly<Record<number, NonNullable<DatapathEvent['direction']>>> = {
  [EventDirection.request]: 'request',
  [EventDirection.reply]: 'reply',
};
const tcpFlags = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];
const icmp: Readonly<Record<number, string>> = { 1: 'ICMP', 58: 'ICMPv6' };
const withPorts = new Set([6, 17, 132]);

/** Ends, names and words for a record; undefined for a reason of another release. */
export function readEvent(record: LbxEvent, names: EventNames): DatapathEvent | undefined {
  const reason: Reason | undefined = reasonOf(record.reason);
  const kind = reason && (record.rejected ? 'reject' : eventKindsOf(reason)[0]);
  if (reason === undefined || kind === undefined) return undefined;
  const { backendId, revNatIndex, proto } = record;
  const direction = directions[record.direction];
  const service = names.service(record);
  const backend = names.backend(record);
  const age = Number(process.hrtime.bigint() - record.time) / 1e6;
  return {
    kind,
    reason: reason.name,
    doc: reason.doc,
    time: new Date(Date.now() - age),
    monotonicNs: record.time,
    hook: hooks[record.hook] ?? 'xdp',
    ...(direction === undefined ? {} : { direction }),
    ifindex: record.ifindex,
    family: record.family as 0 | 4 | 6,
    protocol: record.family === 0 ? '' : (icmp[proto] ?? protocolName(proto)),
    ...(record.family === 0
      ? {}
      : {
          source: endpoint(record.saddr, record.sport, proto),
          destination: endpoint(record.daddr, record.dport, proto),
        }),
    tcpFlags: tcpFlags.filter((_, bit) => record.tcpFlags & (1 << bit)),
    length: record.length,
    ...(service === undefined ? {} : { service }),
    ...(backend === undefined ? {} : { backend }),
    ...(backendId === 0 ? {} : { backendId }),
    ...(revNatIndex === 0 ? {} : { revNatId: revNatIndex }),
    cpu: record.cpu,
    oneIn: record.oneIn,
  };
}

const endpoint = (address: string, port: number, proto: number): EventEndpoint =>
  withPorts.has(proto) && port > 0 ? { address, port } : { address };
