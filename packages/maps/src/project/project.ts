import { MapsError } from '../errors.ts';
import type { IdHold } from '../ids/id-space.ts';
import type { Ids } from '../ids/ids.ts';
import { familyOf, readAddress } from '../model/address.ts';
import type { Backend } from '../model/backend.ts';
import { checkBackends, checkFrontend } from '../model/check-frontend.ts';
import { endpointName } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import { ServiceError } from '../model/service-error.ts';
import { type BackendSet, backendSet } from './backend-set.ts';
import { type BoundSet, bindSet } from './bound-set.ts';
import type { Entry } from './entry.ts';
import { type FrontendEntries, frontendEntries } from './frontend-entries.ts';
import { createMaglevTables, type MaglevTables } from './maglev-tables.ts';
import { type ProjectOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { checkPlace, isExpanded, placementsOf } from './placements.ts';
import { createProjection, type Projection, type Refusal } from './projection.ts';
import { createRoom } from './room.ts';

/**
 * What the maps should hold for exactly these frontends: the entries that Cilium 1.20.2 writes for them, up to the ids.
 * Depends on nothing but its arguments; `ids` hands out and keeps the ids, and frees those of names that are gone.
 *
 * Nothing throws: a frontend that cannot be written (bad address, limits, conflict with an earlier one, no id left, no
 * room) is in `refused`. Frontends that are the same object as in the last call with the same ids and options keep their
 * FrontendEntries object; only the others are worked out again.
 */
export function project(frontends: Iterable<Frontend>, options: ProjectOptions, ids: Ids): Projection {
  const cache = cacheFor(ids, options);
  const { options: resolved } = cache;
  const all = [...frontends];
  const explicit = new Set(
    all.some(isExpanded) ? all.filter((frontend) => !isExpanded(frontend)).map(nameOf) : [],
  );
  const groups = new Map<string, FrontendEntries>();
  const backends = new Map<number, Entry>();
  const wildcards = new Map<string, Entry>();
  const refused: Refusal[] = [];
  const room = createRoom(resolved.maxEntries);
  ids.frontends.beginRound();
  ids.backends.beginRound();

  for (const frontend of all) {
    const refuse = (name: string, error: MapsError, names: readonly string[] = [name]) => {
      refused.push({ name, names, service: frontend.service, error });
      // The maps may still have what was accepted under this name before: its id must not go to another.
      for (const one of names) if (ids.frontends.find(one) !== undefined) ids.frontends.take(one);
    };
    let made: Made;
    try {
      made = groupsOf(frontend, ids, cache);
    } catch (error) {
      if (!(error instanceof MapsError)) throw error;
      refuse(nameOf(frontend), error, placeNames(frontend, resolved));
      continue;
    }
    for (const group of made.groups) {
      // What is asked for by name goes before what a NodePort expands to.
      if (isExpanded(frontend) && explicit.has(group.name)) continue;
      const other = groups.get(group.name);
      if (other !== undefined) {
        const problem = `is a frontend of service ${other.frontend.service} already`;
        refuse(
          group.name,
          new ServiceError('LBX_FRONTEND_CONFLICT', frontend.service, 'frontend', group.name, problem),
        );
        continue;
      }
      try {
        room?.admit(group, { backends, wildcards });
      } catch (error) {
        refuse(group.name, error as MapsError);
        continue;
      }
      groups.set(group.name, group);
      const { holds } = made.bound;
      for (let i = 0; i < holds.length; i++) backends.set(holds[i]!.id, group.backends[i]!);
      const { wildcard } = group;
      if (wildcard === undefined) continue;
      const { address } = wildcard.key as { address: string };
      if (!wildcards.has(address)) wildcards.set(address, wildcard);
    }
  }
  ids.frontends.endRound();
  ids.backends.endRound();
  cache.tables.sweep(
    () => new Set([...groups.values()].flatMap(({ others }) => others.map(({ value }) => value))),
  );
  return createProjection({ frontends: groups, backends, wildcards, refused });
}

function nameOf({ address, port, protocol, scope }: Frontend): string {
  return endpointName(readAddress(address)?.text ?? address, port, protocol, scope);
}

/** Names of all places of a frontend that may be wrong in any way. */
function placeNames(frontend: Frontend, options: ResolvedOptions): string[] {
  if (readAddress(frontend.address) === undefined) return [nameOf(frontend)];
  return placementsOf(frontend, options).map(({ name }) => name);
}

/** The groups of one frontend (several when it is expanded) with the ids that they hold. */
interface Made {
  readonly groups: readonly FrontendEntries[];
  readonly holds: readonly IdHold[];
  readonly bound: BoundSet;
}

/** Work that holds as long as the options are the same. */
interface Cache {
  readonly key: string;
  readonly options: ResolvedOptions;
  readonly made: WeakMap<Frontend, Made>;
  readonly bound: WeakMap<BackendSet, BoundSet>;
  /** Arrays of backends that were checked, and for which family and protocol. */
  readonly checked: WeakMap<readonly Backend[], string>;
  readonly tables: MaglevTables;
}

const caches = new WeakMap<Ids, Cache>();

function cacheFor(ids: Ids, options: ProjectOptions): Cache {
  const key = JSON.stringify(options);
  const before = caches.get(ids);
  if (before?.key === key) return before;
  const resolved = resolveOptions(options);
  const { maglevSize, maglevSeed } = resolved;
  const sameTables = before?.options.maglevSize === maglevSize && before.options.maglevSeed === maglevSeed;
  const cache: Cache = {
    key,
    options: resolved,
    made: new WeakMap(),
    // These know nothing of the other options.
    bound: before?.bound ?? new WeakMap(),
    checked: before?.checked ?? new WeakMap(),
    tables: before !== undefined && sameTables ? before.tables : createMaglevTables(resolved),
  };
  caches.set(ids, cache);
  return cache;
}

function groupsOf(frontend: Frontend, ids: Ids, cache: Cache): Made {
  const { options, tables } = cache;
  let made = cache.made.get(frontend);
  if (made === undefined || !stillHeld(made, ids)) {
    const wrong = checkFrontend(frontend) ?? checkPlace(frontend, options) ?? checkSet(frontend, cache);
    if (wrong !== undefined) throw wrong;
    const places = placementsOf(frontend, options);
    const holds = places.map(({ name }) => ids.frontends.take(name));
    const bound = places.length === 0 ? nothing : bind(frontend, ids, cache);
    const groups = places.map((place, i) =>
      frontendEntries(frontend, { ...place, revNatId: holds[i]!.id }, bound, tables, options),
    );
    made = { groups, holds, bound };
    cache.made.set(frontend, made);
  }
  return made;
}

/** Marks the ids as used; false when one of them belongs to another name by now. */
function stillHeld({ holds, bound }: Made, ids: Ids): boolean {
  return (
    holds.every((hold) => ids.frontends.use(hold)) && bound.holds.every((hold) => ids.backends.use(hold))
  );
}

const nothing: BoundSet = {
  set: { family: 4, members: [], spare: [], count: 0 },
  ids: [],
  entries: [],
  holds: [],
};

function checkSet(frontend: Frontend, { checked }: Cache): ServiceError | undefined {
  const use = `${familyOf(frontend.address)} ${frontend.protocol}`;
  if (checked.get(frontend.backends) === use) return undefined;
  const wrong = checkBackends(frontend);
  if (wrong === undefined) checked.set(frontend.backends, use);
  return wrong;
}

function bind({ backends, address }: Frontend, ids: Ids, cache: Cache): BoundSet {
  const set = backendSet(backends, familyOf(address));
  let bound = cache.bound.get(set);
  if (bound === undefined || !bound.holds.every((hold) => ids.backends.use(hold))) {
    bound = bindSet(set, ids.backends);
    cache.bound.set(set, bound);
  }
  return bound;
}
