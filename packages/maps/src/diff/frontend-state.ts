import type { Lb4Key } from '../layouts/service.ts';
import type { FrontendType } from '../model/frontend.ts';
import { isWildcard } from '../project/service-entry.ts';
import type { NamedState } from './entry-diff.ts';
import { endpointOf, isBackend } from './entry-names.ts';
import { type Fields, type NamedTable, rangeText } from './named-entry.ts';

/** What the maps hold of one frontend, in words. */
export interface FrontendState {
  readonly type: FrontendType;
  /** What holds for all of it: affinity, algorithm, policies. */
  readonly settings: Fields;
  /** By name, in the order of their slots. */
  readonly backends: ReadonlyMap<string, Fields>;
  readonly sourceRanges: ReadonlySet<string>;
  readonly maglev?: NamedTable;
}

const typeFlags = {
  localRedirect: 'LocalRedirect',
  LoadBalancer: 'LoadBalancer',
  NodePort: 'NodePort',
  hostPort: 'HostPort',
  externalIP: 'ExternalIP',
} as const;

/** What a frontend is by the flags of its first entry. */
function typeOf(flags: Fields): FrontendType {
  for (const [flag, type] of Object.entries(typeFlags)) if (flags[flag] === true) return type;
  return 'ClusterIP';
}

interface Draft {
  type: FrontendType;
  settings: Fields;
  count: number;
  readonly slots: [slot: number, backend: string][];
  readonly sourceRanges: Set<string>;
  maglev?: NamedTable;
}

/** The frontends of a state by name. */
export function frontendStates(state: NamedState): Map<string, FrontendState> {
  const drafts = new Map<string, Draft>();
  const backends = new Map<string, Fields>();
  for (const { key, fields, positions, frontend, entry } of state.values()) {
    if (isBackend(entry)) {
      backends.set(key, fields);
      // Named by the slots of both, should there be two of it.
      if (!backends.has(endpointOf(entry.value))) backends.set(endpointOf(entry.value), fields);
    }
    if (frontend === undefined) continue;
    let draft = drafts.get(frontend);
    if (draft === undefined) {
      draft = { type: 'ClusterIP', settings: {}, count: 0, slots: [], sourceRanges: new Set() };
      drafts.set(frontend, draft);
    }
    if ('backendSlot' in entry.key) {
      const { backendSlot } = entry.key as Lb4Key;
      if (backendSlot > 0) draft.slots.push([backendSlot, String(fields.backend)]);
      else if (!isWildcard(entry)) {
        draft.type = typeOf(fields);
        draft.settings = settingsOf(fields);
        draft.count = Number(fields.count);
      }
    } else if ('addr' in entry.key) draft.sourceRanges.add(rangeText(entry.key));
    else if (positions !== undefined) draft.maglev = positions;
  }
  return new Map([...drafts].map(([name, draft]) => [name, finish(draft, backends)]));
}

function finish(draft: Draft, backends: ReadonlyMap<string, Fields>): FrontendState {
  const { type, settings, sourceRanges, maglev, count } = draft;
  const slots = draft.slots.sort(([a], [b]) => a - b);
  return {
    type,
    settings,
    sourceRanges,
    backends: new Map(
      slots.map(([slot, name]) => [name, { newFlows: slot <= count, ...(backends.get(name) ?? {}) }]),
    ),
    ...(maglev === undefined ? {} : { maglev }),
  };
}

/** Flags that say what a frontend is, and what follows from its backends, are told in other words. */
function settingsOf({ count: _, qcount: __, affinity, affinitySeconds, ...rest }: Fields): Fields {
  const settings = Object.fromEntries(Object.entries(rest).filter(([field]) => !(field in typeFlags)));
  if (affinitySeconds === undefined) return settings;
  return {
    ...settings,
    affinity: affinity === true || affinitySeconds !== 0 ? `${affinitySeconds} s` : 'off',
  };
}
