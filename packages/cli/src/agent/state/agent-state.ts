import type { LoadBalancer, ProgramSettings } from '@lbx/core';
import type { ObjectSource } from '@lbx/k8s-sync';
import type { ProblemLog } from '../problem-log.ts';

/** What an agent tells of itself to commands on its machine; the maps know nothing of it. */
export interface AgentState {
  readonly version: string;
  readonly node: string;
  /** Folder of its pins; absent: nothing is pinned. */
  readonly pins?: string;
  /** Milliseconds since 1970, as all times here. */
  readonly startedAt: number;
  /** When services were last written. */
  readonly appliedAt?: number;
  readonly source: {
    readonly name: string;
    readonly synced: boolean;
    readonly waitingFor: readonly string[];
    readonly lastError?: string;
  };
  /** Frontends that could not be written as they should be; tried again. */
  readonly failing: readonly { readonly frontend: string; readonly error?: string }[];
  /** Services that cannot be served as they are: for want of room or ids, or because their address is another's. */
  readonly refused: ToldProblems;
  /** What is wrong with objects, most often their authors' business. */
  readonly objects: ToldProblems;
  /** Entries that somebody else had changed, and that were put right. */
  readonly repaired: number;
  /** How its programs choose, for `explain` where the kernel does not let it read that. Agents of older versions do not tell. */
  readonly programs?: ProgramSettings;
}

/** The first ones, and how many there are. */
interface ToldProblems {
  readonly first: readonly string[];
  readonly count: number;
}

export interface AgentStateSources {
  readonly loadBalancer: Pick<LoadBalancer, 'options' | 'reconcile' | 'serviceNames' | 'programSettings'>;
  readonly source: Pick<ObjectSource, 'status'>;
  readonly problems: Pick<ProblemLog, 'current'>;
  readonly version: string;
  readonly node: string;
  readonly startedAt: number;
  readonly appliedAt: () => number | undefined;
}

/** So many of each list are told. */
const most = 20;

export function agentState(sources: AgentStateSources): AgentState {
  const { version, node, startedAt, problems } = sources;
  const { options, reconcile } = sources.loadBalancer;
  const { name, synced, waitingFor, lastError } = sources.source.status();
  const { missing, changed, foreign, derived } = reconcile.drift;
  const appliedAt = sources.appliedAt();
  return {
    version,
    node,
    startedAt,
    ...(options.pins === false ? {} : { pins: options.pins }),
    ...(appliedAt === undefined ? {} : { appliedAt }),
    source: {
      name,
      synced,
      waitingFor,
      ...(lastError === undefined ? {} : { lastError: lastError.message }),
    },
    failing: reconcile.failing
      .slice(0, most)
      .map(({ frontend, error }) => ({ frontend, ...(error ? { error: error.message } : {}) })),
    refused: told(problems.current('refused')),
    objects: told(problems.current('objects')),
    repaired: missing + changed + foreign + derived,
    programs: sources.loadBalancer.programSettings(),
  };
}

const told = (problems: readonly Error[]): ToldProblems => ({
  first: problems.slice(0, most).map(({ message }) => message),
  count: problems.length,
});

/** Names of services for people who look at maps: these know addresses only. */
export interface AgentServices {
  readonly pins?: string;
  /** Services by the names of their frontends: "192.0.2.1:30080/TCP" to "shop/web". */
  readonly services: Readonly<Record<string, string>>;
}

export function agentServices({ loadBalancer }: Pick<AgentStateSources, 'loadBalancer'>): AgentServices {
  const { pins } = loadBalancer.options;
  return {
    ...(pins === false ? {} : { pins }),
    services: Object.fromEntries(loadBalancer.serviceNames()),
  };
}
