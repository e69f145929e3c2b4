import type { ExplanationStep } from '../explain/explanation.ts';
import type { Trace } from '../explain/trace.ts';
import type { ReasonName } from '../flow/reasons.ts';
import type { Clock } from './clock.ts';
import type { FlowState } from './flow-state.ts';
import type { Packet } from './packet.ts';
import type { AskRoute } from './routes.ts';
import type { PacketSettings } from './settings.ts';

/** Metadata of a backend, as in `lbx_backend_meta`. */
export interface BackendMeta {
  readonly generation: number;
  readonly local: boolean;
}

/** One packet on its way through the datapath: what it can look at, and what is written down. */
export interface Run {
  readonly packet: Packet;
  readonly hook: PacketHook;
  /** That the packet came in by, or leaves by. */
  readonly device: string;
  readonly flows: FlowState;
  readonly backends: ReadonlyMap<number, BackendMeta>;
  /** By id of the frontend: are there endpoints, only not here? */
  readonly servedElsewhere: (revNatId: number) => boolean;
  readonly mayBeOurs: (address: string, port: number, kind: number) => boolean;
  readonly settings: PacketSettings;
  readonly clock: Clock;
  readonly askRoute: AskRoute;
  /** Looks into the service maps. */
  readonly trace: Trace;
  /** Counted beside the verdict so far. */
  readonly notes: ReasonName[];
}

/** Where a packet meets the programs. */
export type PacketHook = 'xdp' | 'tc-ingress' | 'tc-egress';

export type PacketVerdict = 'pass' | 'drop' | 'tx' | 'redirect';

/** What becomes of a packet. */
export interface PacketOutcome {
  readonly verdict: PacketVerdict;
  /** What it is counted under; undefined for a stranger's packet, which is passed without a count. */
  readonly reason?: ReasonName;
  /** What else is counted, in order. */
  readonly notes: readonly ReasonName[];
  /** The backend that the packet goes to or comes from. */
  readonly backend?: { readonly id: number; readonly address: string; readonly port: number };
  /** The frame after it; the very one that was given when nothing changed. */
  readonly frame: Uint8Array;
  readonly steps: readonly ExplanationStep[];
}

/** How a run ends, before notes and steps are added. */
export type End = Pick<PacketOutcome, 'verdict' | 'reason' | 'backend'> & { readonly frame?: Uint8Array };

/**
 * Dropped, or passed untouched: the reason's name says which. What XDP passes to a tc ingress of ours is counted there, and
 * not twice.
 */
export function endBy({ hook, settings, trace }: Run, reason: ReasonName): End {
  if (reason.startsWith('drop_')) return { verdict: 'drop', reason };
  if (!reason.startsWith('pass_') || hook !== 'xdp' || !settings.tcBehind) return { verdict: 'pass', reason };
  trace.note(`${reason}: tc ingress will count it`);
  return passed;
}

/** Nobody's packet: passed without a word. */
export const passed: End = { verdict: 'pass' };
