import { FlowFlag } from '../../flow/flow4.ts';
import { reasons } from '../../flow/reasons.ts';
import { IpProto } from '../../layouts/names.ts';
import { isClosing, isConfirmed, kindOf, silenceSeconds } from '../../packet/flow-phase.ts';
import type { FlowBackend, FlowHalf, FlowState, FlowTuple } from '../../packet/flow-state.ts';
import { createFlowState } from '../../packet/flow-state.ts';
import { lostHalf } from '../../packet/new-flow.ts';
import { otherHalf } from '../../packet/other-half.ts';
import { TcpBit } from '../../packet/packet.ts';
import { whyOver } from '../../packet/request.ts';
import type { BackendMeta, Run } from '../../packet/run.ts';
import { defaultPacketSettings, type PacketSettings } from '../../packet/settings.ts';
import { snatPorts } from '../../packet/snat-ports.ts';
import type { Destination } from '../find-from-outside.ts';
import { readBackend } from '../read-backend.ts';
import { createTrace, type Trace } from '../trace.ts';
import type { EstablishedFlow, FlowAnswer, FlowPhase } from './established-flow.ts';
import { type FoundHalves, readHalves, readPort } from './lbx-state.ts';
import type { LiveState } from './live-state.ts';
import { type WatchedClock, watchClock } from './watched-clock.ts';

/** SNAT ports that a lost half is looked for at, as the programs do. */
const healTries = 4;

/** The flow that is asked about, and what it is looked up with. */
interface Question {
  readonly state: LiveState;
  readonly to: Destination;
  readonly tuple: FlowTuple;
  readonly settings: PacketSettings;
  readonly watched: WatchedClock;
  readonly trace: Trace;
}

/**
 * What lbx's tables know of a flow of packets, and whether the programs would still go by it. Asks the oracle of packets,
 * which is held to the programs.
 *
 * @param clientPort of the flow; the rest of its name is `to`.
 * @param revNatId of the service as it is now, 0: there is none.
 */
export function findLbxFlow(
  state: LiveState,
  to: Destination,
  clientPort: number,
  revNatId: number,
): FlowAnswer | undefined {
  const settings: PacketSettings = { ...defaultPacketSettings, ...state.settings };
  const tuple: FlowTuple = {
    proto: to.proto,
    client: { address: to.client, port: clientPort },
    service: { address: to.address, port: to.port },
  };
  const watched = watchClock(state.clock, settings.hz);
  const question = { state, to, tuple, settings, watched, trace: createTrace(state.services) };
  const halves = readHalves(state.flows ?? {}, to.family, tuple, settings.snatPorts[0], watched.clock);
  const flow = halves ? knownFlow(question, halves) : revNatId ? lostFlow(question, revNatId) : undefined;
  return flow && { flow, steps: question.trace.steps, byTheClock: watched.wasClose() };
}

function knownFlow(question: Question, { entry, request, flows }: FoundHalves): EstablishedFlow {
  const { to, trace } = question;
  const reply = otherHalf(flows, request);
  const map = `lbx_flow${to.family}`;
  trace.note(`the flow: in ${map}, backend ${entry.backendId}`);
  const over = whyOver(runOf(question, flows, TcpBit.ack), request, reply);
  const afresh =
    to.proto === IpProto.TCP ? whyOver(runOf(question, flows, TcpBit.syn), request, reply) : over;
  const way = kindOf(request);
  return {
    map,
    ...seenOf(question, request),
    valid: over === undefined,
    ...(over === undefined ? {} : { over: reasons.find(({ name }) => name === over)?.doc ?? over }),
    backend: backendOf(question, request.backend),
    way,
    ...(way === 'snat' ? { source: { address: entry.saddr, port: entry.sport } } : {}),
    revNatId: request.revNatId,
    ...(canKnowAnswers(question, way) ? { answersKnown: reply !== undefined } : {}),
    restart: afresh === undefined ? 'same' : 'new-flow',
  };
}

/** With DSR nobody here sees answers; a dump may be without the maps of them. */
function canKnowAnswers({ state, to }: Question, way: EstablishedFlow['way']): boolean {
  return way === 'local' || (way === 'snat' && state.flows?.[`lbx_rev${to.family}`] !== undefined);
}

/** Only the half for answers is left: the next packet in mid-flow makes the other again. */
function lostFlow(question: Question, revNatId: number): EstablishedFlow | undefined {
  const { state, to, tuple, settings, watched, trace } = question;
  const flows = createFlowState();
  let tries = healTries;
  for (const port of snatPorts(tuple, settings)) {
    readPort(state.flows ?? {}, to.family, port, settings.snatPorts[0], watched.clock, flows);
    if (--tries === 0) break;
  }
  const lost = lostHalf(runOf(question, flows, TcpBit.ack), tuple, revNatId);
  if (lost === undefined) return undefined;
  const map = `lbx_rev${to.family}`;
  trace.note(`the flow: only its half for answers is left, in ${map}; the next packet makes the other again`);
  return {
    map,
    ...seenOf(question, lost),
    valid: true,
    backend: backendOf(question, lost.backend),
    way: 'snat',
    revNatId: lost.revNatId,
    answersKnown: true,
    restart: to.proto === IpProto.TCP ? 'new-flow' : 'same',
  };
}

function seenOf(
  { state, settings, watched: { clock } }: Question,
  { proto, flags, lastSeen }: FlowHalf,
): Pick<EstablishedFlow, 'phase' | 'idleSeconds' | 'silenceSeconds'> {
  const idle = Math.round((4 * (clock.now - lastSeen)) / clock.hz) / 4;
  return {
    phase: phaseOf(flags),
    ...(state.clock === undefined ? {} : { idleSeconds: Math.max(0, idle) }),
    silenceSeconds: silenceSeconds(proto, flags, settings),
  };
}

/** The entry of a backend, while it is still of the one that the flow was made for. */
function backendOf({ to, trace }: Question, { id, address, port }: FlowBackend): EstablishedFlow['backend'] {
  const there = readBackend(trace, to.family, id)?.backend;
  return there?.address === address && there.port === port ? there : { id, address, port };
}

function runOf(
  { state, to, tuple, settings, watched, trace }: Question,
  flows: FlowState,
  bits: number,
): Run {
  return {
    packet: {
      kind: 'flow',
      frame: new Uint8Array(0),
      family: to.family,
      link: { src: '', dst: '' },
      ipAt: 0,
      l4At: 0,
      proto: to.proto,
      from: tuple.client,
      to: tuple.service,
      hops: 64,
      tcpFlags: to.proto === IpProto.TCP ? bits : 0,
    },
    hook: 'xdp',
    device: '',
    flows,
    backends: backendsOf(state),
    servedElsewhere: () => false,
    mayBeOurs: () => true,
    // Without metadata a backend is known by its address.
    settings: { ...settings, derived: state.flows?.lbx_backend_meta !== undefined },
    clock: watched.clock,
    askRoute: () => ({ kind: 'local' }),
    trace,
    notes: [],
  };
}

/** Metadata of backends, looked up when it is asked for. */
function backendsOf({ flows }: LiveState): ReadonlyMap<number, BackendMeta> {
  const get = (backendId: number): BackendMeta | undefined => {
    const meta = flows?.lbx_backend_meta?.get({ backendId });
    return meta && { generation: meta.generation, local: (meta.flags & 1) !== 0 };
  };
  return { get } as ReadonlyMap<number, BackendMeta>;
}

function phaseOf(flags: number): FlowPhase {
  const bothFins = FlowFlag.finRequest | FlowFlag.finReply;
  if (flags & FlowFlag.reset || (flags & bothFins) === bothFins) return 'closed';
  if (isClosing(flags)) return 'closing';
  if (isConfirmed(flags)) return 'established';
  return flags & FlowFlag.replied ? 'answered' : 'new';
}
