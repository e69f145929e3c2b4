import { FlowFlag } from '../flow/flow4.ts';
import { dueNow, neverChecked } from './clock.ts';
import { isClosing, isExpired } from './flow-phase.ts';
import {
  type FlowBackend,
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

/** A flow and the backend that it gets. */
interface Binding extends FlowTuple {
  readonly backend: FlowBackend;
  readonly revNatId: number;
  readonly flags: number;
}

/** Makes both halves of a flow, or makes them again, and sends the packet on. */
export function bindFlow(run: Run, flow: Binding, way: Way | 'here'): End {
  return way === 'here' ? bindLocal(run, flow) : bindRemote(run, flow, way);
}

function bindRemote(run: Run, flow: Binding, way: Way): End {
  const { clock } = run;
  if (snatAddress(run) === undefined) return endBy('drop_no_snat_address');
  const snatPort = placeReply(run, {
    ...halfOf(run, flow),
    // The first reply asks for its way.
    lastSeen: dueNow(clock),
    checked: neverChecked(clock),
    clientMac: run.packet.link.src,
  });
  if (snatPort === undefined) return endBy('drop_snat_ports_used_up');
  const half: RequestHalf = { ...halfOf(run, flow), snatPort, checked: clock.now, way };
  run.flows.requests.set(requestKey(flow), half);
  return sendOn(run, half);
}

/**
 * Without a port of our own, a client's port can reach a backend on this node through one service address at a time: a
 * second one must wait until the first is over.
 */
function bindLocal(run: Run, flow: Binding): End {
  const { clock, flows } = run;
  const key = localReplyKey(flow.proto, flow.backend, flow.client);
  const other = flows.localReplies.get(key);
  if (
    other &&
    !isSameEndpoint(other.service, flow.service) &&
    !isExpired(other, run) &&
    !isClosing(other.flags)
  ) {
    return endBy('drop_reply_collision');
  }
  const local = { ...flow, flags: flow.flags | FlowFlag.local };
  flows.localReplies.set(key, halfOf(run, local));
  const half: RequestHalf = { ...halfOf(run, local), checked: clock.now };
  flows.requests.set(requestKey(flow), half);
  return sendOn(run, half);
}

function halfOf({ clock }: Run, { proto, client, service, backend, revNatId, flags }: Binding) {
  return { proto, client, service, backend, revNatId, flags, lastSeen: clock.now };
}
