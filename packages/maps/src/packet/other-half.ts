import { FlowFlag } from '../flow/flow4.ts';
import { type Clock, dueNow } from './clock.ts';
import { kindOf } from './flow-phase.ts';
import {
  type FlowHalf,
  type FlowState,
  isSameEndpoint,
  localReplyKey,
  type RequestHalf,
} from './flow-state.ts';
import { replyOf } from './reply-place.ts';

/** The reply half of a flow, unless it is lost or another flow has its place. */
export function otherHalf(flows: FlowState, flow: RequestHalf): FlowHalf | undefined {
  const kind = kindOf(flow);
  if (kind === 'dsr') return undefined;
  if (kind === 'snat') return replyOf(flows, flow);
  const half = flows.localReplies.get(localReplyKey(flow.proto, flow.backend, flow.client));
  return half && isSameEndpoint(half.service, flow.service) ? half : undefined;
}

/** A request came: the flow lives. The half of a remote backend that has not answered yet stays due to be looked over. */
export function touchReply(half: FlowHalf, isRemote: boolean, clock: Clock): void {
  const staysDue = isRemote && !(half.flags & FlowFlag.replied);
  half.lastSeen = staysDue ? dueNow(clock) : clock.now;
}
