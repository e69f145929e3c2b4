import type { ExplainSource } from '../explain/trace.ts';
import { createTrace } from '../explain/trace.ts';
import type { ReasonName } from '../flow/reasons.ts';
import type { Clock } from './clock.ts';
import { learnDsr } from './dsr-learn.ts';
import { unwrapDsr } from './dsr-unwrap.ts';
import type { FlowState } from './flow-state.ts';
import { followFragment } from './follow-fragment.ts';
import { rememberPorts } from './fragments.ts';
import { answerEcho } from './icmp-echo.ts';
import { relayError } from './icmp-relay.ts';
import { leave } from './leave.ts';
import { readDeep } from './read-deep.ts';
import { readPacket } from './read-packet.ts';
import { lookOverReply, reply, replyHalf } from './reply.ts';
import { lookOverRequest, request } from './request.ts';
import type { AskRoute } from './routes.ts';
import {
  type BackendMeta,
  type End,
  endBy,
  type PacketHook,
  type PacketOutcome,
  passed,
  type Run,
} from './run.ts';
import type { PacketSettings } from './settings.ts';
import { deviceOf, isUnread, type VlanDevice } from './vlan.ts';
import { snatAddress } from './way-out.ts';

/** All that the programs look at. */
export interface PacketState {
  /** The service maps. */
  readonly tables: ExplainSource;
  /** Metadata of backends by id. */
  readonly backends: ReadonlyMap<number, BackendMeta>;
  /** By id of the frontend: are there endpoints, only not here (`lbx_frontend_meta`)? */
  readonly servedElsewhere: (revNatId: number) => boolean;
  /** The gate: could an endpoint be ours? `kind` as in `gateHash4`. */
  readonly mayBeOurs: (address: string, port: number, kind: number) => boolean;
  /** What is known of flows; moved on by each packet. */
  readonly flows: FlowState;
}

/** What a packet meets besides state. */
export interface PacketOptions {
  readonly hook: PacketHook;
  /** That the packet came in by, or leaves by; as in the answers of `askRoute`. */
  readonly device: string;
  /** VLANs on a device (XDP): the device of each, by the id of its frames. */
  readonly vlanDevice?: VlanDevice;
  readonly settings: PacketSettings;
  readonly clock: Clock;
  readonly askRoute: AskRoute;
}

/**
 * What the datapath does with a frame, step by step, written from its description and not from its code: verdict, the
 * reasons it is counted under, and every byte of the frame that comes out. `state.flows` moves on as the programs' tables
 * do. Nothing else is changed.
 */
export function explainPacket(state: PacketState, frame: Uint8Array, options: PacketOptions): PacketOutcome {
  const { hook, device, settings, clock, askRoute } = options;
  const packet = readPacket(frame);
  const run: Run = {
    packet,
    hook,
    device: deviceOf(packet, options) ?? device,
    flows: state.flows,
    backends: state.backends,
    servedElsewhere: state.servedElsewhere,
    mayBeOurs: settings.gate ? state.mayBeOurs : () => true,
    settings,
    clock,
    askRoute,
    trace: createTrace(state.tables),
    notes: [],
  };
  const end = isUnread(packet, options) ? passed : hook === 'tc-egress' ? leave(run) : arrive(run);
  const { notes, trace } = run;
  return { frame, ...end, notes, steps: trace.steps };
}

/** A packet that comes in. */
function arrive(run: Run): End {
  switch (run.packet.kind) {
    case 'flow':
      return reply(run) ?? (isStranger(run) ? passed : request(run));
    case 'icmp':
      return relayError(run) ?? answerEcho(run) ?? passByName(run, 'pass_icmp');
    case 'tunnel':
      return unwrapDsr(run) ?? passed;
    case 'options':
      return learnDsr(run) ?? arriveDeep(run, 'pass_options');
    case 'fragment':
      return arriveDeep(run, 'pass_fragment');
    case 'other':
      return passed;
  }
}

/** Nobody's endpoint, as the gate knows. A node's address has no wildcard entry. */
function isStranger(run: Run): boolean {
  const { packet, settings } = run;
  const { address, port } = packet.to;
  const asksWildcard = settings.wildcards && address !== snatAddress(run);
  return !run.mayBeOurs(address, port, packet.proto) && !(asksWildcard && run.mayBeOurs(address, 0, 0));
}

/** TCP or UDP behind options or extension headers, or a piece of it. Flows are looked over with each such packet. */
function arriveDeep(run: Run, reason: ReasonName): End {
  const deep = readDeep(run.packet);
  switch (deep?.packet.kind) {
    case 'flow': {
      const inner = { ...run, packet: deep.packet };
      const half = replyHalf(inner);
      if (half === undefined && isStranger(inner)) return passed;
      if (deep.piece.isFragment) rememberPorts(run, deep.packet, deep.piece);
      return half ? lookOverReply(inner, half) : lookOverRequest(inner);
    }
    case 'fragment':
      return followFragment(run, deep.packet, deep.piece);
    case 'tunnel':
      return passByName(run, reason);
    default:
      return passed;
  }
}

/** Not served: passed, and counted where the address is a service's, as its wildcard entry tells. */
function passByName(run: Run, reason: ReasonName): End {
  const { gate, wildcards } = run.settings;
  return gate && wildcards && run.mayBeOurs(run.packet.to.address, 0, 0) ? endBy(run, reason) : passed;
}
