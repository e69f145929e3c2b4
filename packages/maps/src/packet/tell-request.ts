import { type Clock, dueNow } from './clock.ts';
import type { FlowHalf } from './flow-state.ts';

/** The request half learns what the reply half has seen, and is looked over with its next packet: that may confirm it. */
export function tellRequest(request: FlowHalf, { flags }: FlowHalf, clock: Clock): void {
  request.flags |= flags;
  request.lastSeen = dueNow(clock);
}
