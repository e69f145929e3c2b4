import { type ServiceMapName, serviceCatalog } from '../catalog.ts';
import { diffStates } from '../diff/diff-states.ts';
import { nameState } from '../diff/entry-diff.ts';
import { type FrontendState, frontendStates } from '../diff/frontend-state.ts';
import type { MapsError } from '../errors.ts';
import type { Ids } from '../ids/ids.ts';
import type { Frontend } from '../model/frontend.ts';
import { plan } from '../plan/plan.ts';
import type { Snapshot } from '../plan/snapshot.ts';
import { type Forecast, forecast } from '../project/forecast.ts';
import type { ProjectOptions } from '../project/options.ts';
import { projectOnto } from '../project/project-onto.ts';
import type { Projection } from '../project/projection.ts';
import { leastMoved, movedShare, newFlowShares } from './flow-share.ts';

/** Services and the options with which they are written. */
export interface WhatIfSide {
  readonly frontends: readonly Frontend[];
  readonly options: ProjectOptions;
}

export interface WhatIfOptions {
  /** Ids of the maps that are written: `createIds()`, or those of `restoreIds`. */
  readonly ids: Ids;
  /** What the maps hold now: backends keep their slots. Empty maps when absent. */
  readonly actual?: Snapshot;
  /** Possible CPUs of the node. */
  readonly cpus: number;
  /** Sizes of maps by name; where absent those of the layouts. */
  readonly maxEntries?: Readonly<Record<string, number>>;
}

/** What becomes of the flows of one frontend. All shares are of 1. */
export interface FlowChange {
  readonly name: string;
  readonly service: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly chosenBy: { readonly from?: 'random' | 'maglev'; readonly to?: 'random' | 'maglev' };
  /** Share of new flows by backend. */
  readonly backends: readonly { readonly backend: string; readonly from: number; readonly to: number }[];
  /**
   * Share of flows that would get another backend: those that begin (a client that comes again with the same ports), and those
   * that nobody remembers any more, or another node takes over.
   */
  readonly moved: number;
  /** The least that any way to choose would move. */
  readonly leastMoved: number;
  /** Share of established flows that stay with their backend, and of those whose backend is no longer there. */
  readonly established: { readonly kept: number; readonly ended: number };
  /** Clients stay with their backend that long, where it stays, whatever the shares say. */
  readonly affinitySeconds?: number;
}

/** Entries of one map before and after, and its size. */
export interface EntryChange {
  readonly map: ServiceMapName;
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** What a change would do to flows and maps. */
export interface WhatIf {
  /** Frontends whose flows or entries are affected. */
  readonly frontends: readonly FlowChange[];
  /** How many entries are written and deleted. */
  readonly writes: { readonly set: number; readonly delete: number };
  /** Of the maps whose number of entries changes. */
  readonly entries: readonly EntryChange[];
  /** Kernel memory of the maps that the control plane writes, Maglev tables included. */
  readonly bytes: { readonly from: number; readonly to: number };
  readonly ids: Forecast['ids'];
  /** What would not fit, or is refused. */
  readonly problems: readonly MapsError[];
}

/**
 * What a change of services, weights or options would do, before anything is written: which flows go elsewhere, how the
 * shares of backends become, which entries, ids and memory it takes. Pure, but that `ids` gets what `after` needs.
 */
export function whatIf(
  before: WhatIfSide,
  after: WhatIfSide,
  { ids, cpus, maxEntries, actual = { entries: new Map() } }: WhatIfOptions,
): WhatIf {
  const sizes = { cpus, others: [], ...(maxEntries === undefined ? {} : { maxEntries }) };
  const old = projectOnto(actual, before.frontends, before.options, ids);
  const had = frontendStates(nameState(old, false));
  const took = forecast(old, sizes);
  const next = projectOnto(old, after.frontends, after.options, ids);
  const has = frontendStates(nameState(next, false));
  const needs = forecast(next, { ...sizes, ids });
  const touched = diffStates(old, next).frontends.map(({ name, change }) =>
    flowChange(name, change, had.get(name), has.get(name), old, next),
  );
  const ops = plan(old, next);
  const sets = ops.filter(({ op }) => op === 'set').length;
  return {
    frontends: touched,
    writes: { set: sets, delete: ops.length - sets },
    entries: entryChanges(took, needs),
    bytes: { from: took.bytes, to: needs.bytes },
    ids: needs.ids,
    problems: [
      ...needs.problems,
      ...next.refused.map(({ error }) => error).filter((one) => !needs.problems.includes(one)),
    ],
  };
}

function flowChange(
  name: string,
  change: FlowChange['change'],
  before: FrontendState | undefined,
  after: FrontendState | undefined,
  old: Projection,
  next: Projection,
): FlowChange {
  const frontend = (next.frontends.get(name) ?? old.frontends.get(name))!.frontend;
  const [from, to] = [newFlowShares(before), newFlowShares(after)];
  const names = [...new Set([...from.keys(), ...to.keys()])];
  let ended = 0;
  for (const [backend, share] of from) if (!holdsFlows(after, backend)) ended += share;
  const { affinitySeconds } = frontend;
  return {
    name,
    service: frontend.service,
    change,
    chosenBy: {
      ...(before === undefined ? {} : { from: algorithmOf(before) }),
      ...(after === undefined ? {} : { to: algorithmOf(after) }),
    },
    backends: names.map((backend) => ({ backend, from: from.get(backend) ?? 0, to: to.get(backend) ?? 0 })),
    moved: change === 'changed' ? movedShare(before, after) : 1,
    leastMoved: change === 'changed' ? leastMoved(from, to) : 1,
    established: { kept: from.size === 0 ? 0 : 1 - ended, ended },
    ...(affinitySeconds === undefined ? {} : { affinitySeconds }),
  };
}

const algorithmOf = ({ maglev }: FrontendState) => (maglev === undefined ? 'random' : 'maglev');

/** Terminating backends keep what they have. */
function holdsFlows(state: FrontendState | undefined, backend: string): boolean {
  const fields = state?.backends.get(backend);
  return fields !== undefined && fields.state !== 'quarantined' && fields.state !== 'maintenance';
}

function entryChanges(before: Forecast, after: Forecast): EntryChange[] {
  const had = new Map(before.maps.map(({ map, needed = 0 }) => [map, needed]));
  return after.maps.flatMap(({ map, needed = 0, size }) => {
    const from = had.get(map) ?? 0;
    return from === needed || !Object.hasOwn(serviceCatalog, map)
      ? []
      : [{ map: map as ServiceMapName, from, to: needed, size }];
  });
}
