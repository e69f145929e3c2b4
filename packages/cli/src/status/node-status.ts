import type { Counters, MapFill, PinnedState } from '@lbx/core';
import { reasons, type Snapshot } from '@lbx/maps';
import type { AgentState } from '../agent/state/agent-state.ts';
import { type Served, servedOf } from './served.ts';
import { agentProblems, mapProblems, objectNotes, pinProblems, servedProblems } from './status-problems.ts';

/** What an agent says of itself over HTTP. */
export interface AgentHealth {
  readonly url: string;
  /** 200, 503; absent: it did not answer. */
  readonly code?: number;
  /** Who listens there in its place: "process 4711, kube-proxy". */
  readonly other?: string;
}

/** How a node's load balancer is. */
export interface NodeStatus {
  readonly layout: 'lbx' | 'cilium';
  readonly healthy: boolean;
  /** One sentence. */
  readonly verdict: string;
  /** What is wrong, and what to do. */
  readonly problems: readonly string[];
  /** What is wrong elsewhere: with objects of the cluster. */
  readonly notes: readonly string[];
  /** Folder of the pins. */
  readonly pins: string;
  readonly served: readonly Served[];
  /** Maps that have entries, and flow tables in any case. */
  readonly maps: readonly MapFill[];
  /** Of lbx only: what is pinned beside maps of services, what the agent says, and packets that were dropped, by reason. */
  readonly pinned?: PinnedState;
  readonly health?: AgentHealth;
  readonly agent?: AgentState;
  readonly drops?: Readonly<Record<string, number>>;
}

/** What was read of lbx's own state. */
export interface OwnFacts {
  readonly pinned: PinnedState;
  readonly counters: Counters;
  readonly health: AgentHealth;
  /** Of the agent of these pins; absent: none told. */
  readonly agent?: AgentState;
  readonly maps: readonly MapFill[];
  readonly snapshot: Snapshot;
}

/** Judges what was read of lbx. */
export function nodeStatus({ pinned, counters, health, agent, maps, snapshot }: OwnFacts): NodeStatus {
  const served = families(snapshot);
  const problems = [
    ...pinProblems(pinned, health),
    ...(agent === undefined ? [] : agentProblems(agent)),
    ...mapProblems(maps),
    ...servedProblems(served),
  ];
  return {
    layout: 'lbx',
    ...judged(problems, `process ${pinned.holder ?? 'in another container'} keeps`, served),
    notes: agent === undefined ? [] : objectNotes(agent).filter((note) => note !== agent.source.lastError),
    pins: pinned.pins,
    served,
    maps: maps.filter(isWorthTelling),
    pinned,
    health,
    ...(agent === undefined ? {} : { agent }),
    drops: dropsIn(counters),
  };
}

/** Judges an installed Cilium's maps: all that is known of it. */
export function ciliumStatus(pins: string, maps: readonly MapFill[], snapshot: Snapshot): NodeStatus {
  const served = families(snapshot);
  const problems = [...mapProblems(maps), ...servedProblems(served)];
  return {
    layout: 'cilium',
    ...judged(problems, 'the maps of a Cilium have', served),
    notes: [],
    pins,
    served,
    maps: maps.filter(isWorthTelling),
  };
}

const families = (snapshot: Snapshot): Served[] =>
  ([4, 6] as const).map((family) => servedOf(snapshot, family));

const isWorthTelling = ({ entries, about }: MapFill) => entries > 0 || about === 'flows';

function judged(problems: readonly string[], who: string, served: readonly Served[]) {
  const healthy = problems.length === 0;
  const count = served
    .flatMap(({ frontends }) => Object.values(frontends))
    .reduce((sum, frontends) => sum + frontends, 0);
  return {
    healthy,
    verdict: healthy
      ? `healthy: ${who} ${count} ${count === 1 ? 'frontend' : 'frontends'} in force`
      : `not healthy: ${problems.length} ${problems.length === 1 ? 'thing needs' : 'things need'} a look`,
    problems,
  };
}

function dropsIn(counters: Counters): Record<string, number> {
  return Object.fromEntries(
    reasons
      .filter(({ kind }) => kind === 'drop')
      .flatMap(({ name }) => {
        const packets = counters[name]?.packets ?? 0;
        return packets > 0 ? [[name, packets]] : [];
      }),
  );
}
