import { FlowFlag } from '../flow/flow4.ts';
import { IpProto } from '../layouts/names.ts';
import { dueNow, neverChecked } from './clock.ts';
import { isClosing, isExpired } from './flow-phase.ts';
import {
  type FlowBackend,
  type FlowHalf,
  type FlowTuple,
  isSameEndpoint,
  localReplyKey,
  type RequestHalf,
  requestKey,
  type Way,
} from './flow-state.ts';
import { placeReply } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { sendOn } from './send-on.ts';
import { snatAddress } from './way-out.ts';

/** After that a flow of UDP leaves its place to another. */
const UDP_SILENT_SECONDS = 2;

/** A flow and the backend that it gets. */
export interface Binding extends FlowTuple {
  readonly backend: FlowBackend;
  readonly revNatId: number;
  readonly flags: number;
}

/** Makes both halves of a flow, or makes them again, and sends the packet on. */
export function bindFlow(run: Run, flow: Binding, way: Way | 'here'): End {
  if (way === 'here') return bindLocal(run, flow);
  return flow.flags & FlowFlag.dsr ? bindDsr(run, flow, way) : bindRemote(run, flow, way);
}

function bindRemote(run: Run, flow: Binding, way: Way): End {
  const { clock } = run;
  if (snatAddress(run) === undefined) return endBy(run, 'drop_no_snat_address');
  const snatPort = placeReply(run, {
    ...halfOf(run, flow),
    // The first reply asks for its way.
    lastSeen: dueNow(clock),
    checked: neverChecked(clock),
    clientDevice: run.device,
    clientMac: run.packet.link.src,
  });
  if (snatPort === undefined) return endBy(run, 'drop_snat_ports_used_up');
  return keepRequest(run, { ...halfOf(run, flow), snatPort, checked: clock.now, way });
}

function bindDsr(run: Run, flow: Binding, way: Way): End {
  return keepRequest(run, { ...halfOf(run, flow), checked: run.clock.now, way });
}

function bindLocal(run: Run, flow: Binding): End {
  const local = { ...flow, flags: flow.flags | FlowFlag.local };
  if (!placeLocalReply(run, local)) return endBy(run, 'drop_reply_collision');
  return keepRequest(run, { ...halfOf(run, local), checked: run.clock.now });
}

/**
 * Without a port of our own, a client's port can reach a backend on this node through one service address at a time: a
 * second one must wait until the first is over.
 */
export function placeLocalReply(run: Run, flow: Binding): boolean {
  const { localReplies } = run.flows;
  const key = localReplyKey(flow.proto, flow.backend, flow.client);
  const other = localReplies.get(key);
  if (other && !isSameEndpoint(other.service, flow.service) && !givesWay(run, other)) return false;
  localReplies.set(key, halfOf(run, flow));
  return true;
}

/** Is it over, or of UDP, where nothing tells the end, and silent? */
function givesWay(run: Run, half: FlowHalf): boolean {
  if (isExpired(half, run) || isClosing(half.flags)) return true;
  const { clock } = run;
  return (
    half.proto === IpProto.UDP && clock.isOlder(clock.now - half.lastSeen, UDP_SILENT_SECONDS * clock.hz)
  );
}

function keepRequest(run: Run, half: RequestHalf): End {
  run.flows.requests.set(requestKey(half), half);
  return sendOn(run, half);
}

function halfOf({ clock }: Run, { proto, client, service, backend, revNatId, flags }: Binding) {
  return { proto, client, service, backend, revNatId, flags, lastSeen: clock.now };
}
