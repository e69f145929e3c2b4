import { readObject } from '@lbx/bpf';
import { type BpfObject, load } from 'libbpf-ts';
import type { FlowTimeouts } from '../../options/options.ts';
import { isFlowOver } from '../../sweep/flow-sweep.ts';

/** Tells flows that live from those that are over, at one moment. Times are jiffies, low 32 bits. */
export interface FlowAge {
  /** The moment, less what programs may date a packet back. */
  readonly began: number;
  isOver(proto: number, flags: number, lastSeen: number): boolean;
}

/** The time of a packet is told to a quarter of a second, and may be dated back by as much. */
const datedBackSeconds = 2;

/** At this moment. */
export function flowAgeNow(hz: number, timeouts: Required<FlowTimeouts>): FlowAge {
  using probe: BpfObject = load(readObject('probe'));
  const now = probe.program('lbx_probe_jiffies').testRun({ data: new Uint8Array(64) }).retval >>> 0;
  return {
    began: (now - datedBackSeconds * hz) >>> 0,
    isOver: (proto, flags, lastSeen) => isFlowOver({ proto, flags, lastSeen }, { now, hz }, timeouts),
  };
}

/** Of two times, is `a` after `b`? */
export const isLater = (a: number, b: number): boolean => ((a - b) | 0) > 0;
