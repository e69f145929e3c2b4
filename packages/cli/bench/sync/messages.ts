import type { ClusterAccess } from '@lbx/k8s-sync';
import type { AgentEvent } from '../../src/agent/agent-event.ts';

/** What the process with the agent is told to do at its start. */
export interface ChildOptions {
  readonly source: ClusterAccess | { readonly manifests: string };
  readonly cgroup: string;
  readonly pins: string;
  /** Endpoints that the maps have room for. */
  readonly endpoints: number;
}

/** What it is asked later, and answers in that order. */
export type Question = 'usage' | 'dump' | 'stop';

/** What a process has used. */
export interface Usage {
  readonly rssMB: number;
  /** The most it ever had. */
  readonly peakMB: number;
  /** After a collection. */
  readonly heapMB: number;
  /** User and system time so far. */
  readonly cpuMs: number;
  /** Longest time that its event loop was held up since the last such answer, the collection for this one left out. */
  readonly stallMs: number;
}

export type FromChild =
  /** When the agent was started, and when its source told the first object; see now(). */
  | { readonly type: 'began'; readonly startedAt: number; readonly firstObjectAt: number }
  | { readonly type: 'event'; readonly event: AgentEvent; readonly at: number }
  | { readonly type: 'answer'; readonly answer: Usage | readonly string[] | undefined };

/** Milliseconds of a clock that all processes of the machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;
