import type { ServiceMapName } from '../catalog.ts';
import { MapsError } from '../errors.ts';
import { IdMap } from '../ids/id-map.ts';
import type { Ids } from '../ids/ids.ts';
import { familyOf, readAddress } from '../model/address.ts';
import type { Backend } from '../model/backend.ts';
import { nameOfEndpoint } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import { ServiceError } from '../model/service-error.ts';
import { type BackendEntries, BackendEntriesById, isSameBackend } from './backend-entries.ts';
import { type Claim, Claims } from './claims.ts';
import { type Entry, mapsOf, sameEntry } from './entry.ts';
import { createEntryMaker, type EntryMaker, type SlotsOf } from './entry-maker.ts';
import type { FrontendEntries } from './frontend-entries.ts';
import { type ProjectOptions, type ResolvedOptions, resolveOptions } from './options.ts';
import { isExpanded, placementsOf } from './placements.ts';
import { collectEntries, type Projection, type Refusal } from './projection.ts';
import { noChanges, type ProjectionChanges } from './projection-changes.ts';
import { Room } from './room.ts';
import { type CompareServices, SharedEntries } from './shared-entries.ts';

/** Keeps what the maps should hold, service by service. A change costs what the changed service has, whatever else there is. */
export interface Projector {
  /**
   * A service has these frontends now; none: it is gone. Give the same Frontend objects again where nothing changed. Never
   * throws: what cannot be written is in `projection.refused`.
   */
  set(service: string, frontends: readonly Frontend[]): void;
  /** Options changed: everything is worked out anew. */
  setOptions(options: ProjectOptions): void;
  /** Tries again what was refused for want of room or ids: room is noticed by itself, the end of a quarantine is not. */
  retryRefused(): void;
  /** As it is now; the same object all the time. */
  readonly projection: Projection;
  takeChanges(): ProjectionChanges;
}

const none: readonly never[] = [];

interface ServiceState {
  readonly name: string;
  frontends: readonly Frontend[];
  claims: readonly Claim[];
  /** Frontends that cannot be written whatever else there is. */
  invalid: readonly Refusal[];
  groups: readonly FrontendEntries[];
  refused: readonly Refusal[];
}

/** What a projector may know besides its options. */
export interface ProjectorContext {
  /**
   * The order of services, which decides where they disagree about a backend that they share: the last one counts. By name
   * when absent, so that it does not matter who came when.
   */
  readonly compare?: CompareServices;
  /**
   * Backend ids by slot that a frontend has in the maps (see Written.slotsOf). With it, backends keep their slots, and a
   * changed backend costs the same number of writes in a service of any size. Without it slots are in the order that
   * Cilium gives them: by state, address and port.
   */
  readonly slotsOf?: SlotsOf;
}

/** @param ids hands out and keeps the ids; they are freed by `releaseIds`, when the maps have lost their entries. */
export function createProjector(
  options: ProjectOptions,
  ids: Ids,
  context: ProjectorContext = {},
): Projector {
  return new ServiceProjector(options, ids, context);
}

class ServiceProjector implements Projector {
  readonly #ids: Ids;
  readonly #slotsOf: SlotsOf;
  #options: ResolvedOptions;
  #maker: EntryMaker;
  #room: Room;
  readonly #services = new Map<string, ServiceState>();
  readonly #claims = new Claims();
  readonly #frontends = new Map<string, FrontendEntries>();
  readonly #names = new IdMap<string>();
  readonly #backends: SharedEntries<number, Backend>;
  readonly #wildcards: SharedEntries<string, Entry>;
  /** Services with refusals. */
  readonly #refused = new Set<ServiceState>();
  /** How many refusals name a frontend. */
  readonly #refusedNames = new Map<string, number>();
  #changes = noChanges();
  /** A map has fewer entries than when something was refused. */
  #roomFreed = false;
  readonly projection: Projection;

  constructor(
    options: ProjectOptions,
    ids: Ids,
    { compare = (a, b) => (a < b ? -1 : 1), slotsOf = () => [] }: ProjectorContext,
  ) {
    this.#backends = new SharedEntries<number, Backend>({
      counts: 'last',
      compare,
      isSame: isSameBackend,
      createMap: <V>() => new IdMap<V>(),
    });
    this.#wildcards = new SharedEntries<string, Entry>({
      counts: 'first',
      compare,
      isSame: sameEntry,
      createMap: <V>() => new Map<string, V>(),
    });
    this.#ids = ids;
    this.#options = resolveOptions(options);
    this.#slotsOf = slotsOf;
    this.#maker = createEntryMaker(this.#options, ids, slotsOf);
    this.#room = new Room(this.#options);
    this.projection = this.#view();
  }

  set(service: string, frontends: readonly Frontend[]): void {
    const affected = new Set([service]);
    let state = this.#services.get(service);
    if (state === undefined) {
      if (frontends.length === 0) return;
      state = { name: service, frontends: [], claims: none, invalid: none, groups: none, refused: none };
      this.#services.set(service, state);
    }
    this.#claim(state, frontends, affected);
    for (const name of affected) this.#resolve(this.#services.get(name)!);
    if (frontends.length === 0) this.#services.delete(service);
  }

  setOptions(options: ProjectOptions): void {
    const before = { options: this.#options, maker: this.#maker };
    this.#options = resolveOptions(options);
    this.#maker = createEntryMaker(this.#options, this.#ids, this.#slotsOf, before);
    this.#room = new Room(this.#options, this.#room.used);
    // Everybody's share is worked out anew below, whoever else is affected by a claim.
    const affected = new Set<string>();
    for (const state of this.#services.values()) this.#claim(state, state.frontends, affected, []);
    for (const state of this.#services.values()) this.#resolve(state);
  }

  retryRefused(): void {
    this.#retry((code) => code === 'LBX_MAP_FULL' || code === 'LBX_IDS_EXHAUSTED');
  }

  takeChanges(): ProjectionChanges {
    if (this.#roomFreed) this.#retry((code) => code === 'LBX_MAP_FULL');
    const changes = this.#changes;
    this.#changes = noChanges();
    return changes;
  }

  #retry(isMeant: (code: string) => boolean): void {
    for (const state of [...this.#refused])
      if (state.refused.some(({ error }) => isMeant(error.code))) this.#resolve(state);
    this.#roomFreed = false;
  }

  /** Works out which places a service asks for. @param reusable keep what was made for them, where a frontend is the same. */
  #claim(
    state: ServiceState,
    frontends: readonly Frontend[],
    affected: Set<string>,
    reusable: readonly Claim[] = state.claims,
  ): void {
    const kept = Map.groupBy(reusable, ({ frontend }) => frontend);
    const invalid: Refusal[] = [];
    const claims: Claim[] = [];
    for (const frontend of frontends) {
      const old = kept.get(frontend);
      if (old !== undefined) {
        claims.push(...old);
        continue;
      }
      const places =
        readAddress(frontend.address) === undefined ? undefined : placementsOf(frontend, this.#options);
      // Of a family or kind that is switched off nothing is written: whatever is wrong with it does not matter.
      if (places?.length === 0) continue;
      const error = this.#maker.check(frontend);
      if (error !== undefined || places === undefined) {
        const name = nameOfEndpoint(frontend);
        // Of a NodePort all places are refused.
        const names = places?.map((place) => place.name) ?? [name];
        invalid.push({ name, names, service: state.name, error: error! });
        continue;
      }
      const expanded = isExpanded(frontend);
      for (const place of places) claims.push({ service: state.name, frontend, place, expanded });
    }
    this.#claims.replace(state.claims, claims, affected);
    state.frontends = frontends;
    // Copies have no room to spare, as lists have that grew.
    state.claims = claims.slice();
    state.invalid = invalid.length === 0 ? none : invalid;
  }

  /** Works out which of its places a service gets, and what they put into the maps. */
  #resolve(state: ServiceState): void {
    const { name: service, groups: before } = state;
    const room = this.#room;
    const used = this.#refused.size === 0 ? undefined : new Map(room.used);
    const groups: FrontendEntries[] = [];
    const refused: Refusal[] = [...state.invalid];
    const backends = { before: backendsOf(before), after: new Map<number, Backend>() };
    const wildcards = { before: wildcardsOf(before), after: new Map<string, Entry>() };
    for (const group of before) room.leave(group);
    for (const [id, backend] of backends.before)
      if (this.#backends.isOnlyOf(service, id)) room.leaveShared(mapOf(backend));
    for (const [address, entry] of wildcards.before)
      if (this.#wildcards.isOnlyOf(service, address)) room.leaveShared(entry.map);
    const isNewBackend = (id: number) =>
      !backends.after.has(id) && (!this.#backends.entries.has(id) || this.#backends.isOnlyOf(service, id));
    const isNewWildcard = (address: string) =>
      !wildcards.after.has(address) &&
      (!this.#wildcards.entries.has(address) || this.#wildcards.isOnlyOf(service, address));

    for (const claim of state.claims) {
      const { name, address } = claim.place;
      const holder = this.#claims.holderOf(name)!;
      if (holder !== claim) {
        if (holder.expanded || !claim.expanded) refused.push(conflict(claim, holder));
        continue;
      }
      try {
        const group = this.#maker.make(claim);
        claim.group = group;
        const shared: ServiceMapName[] = [];
        for (const [i, id] of group.backends.ids.entries())
          if (isNewBackend(id)) shared.push(mapOf(group.backends.backends[i]!));
        if (group.wildcard !== undefined && isNewWildcard(address)) shared.push(group.wildcard.map);
        room.admit(group, shared);
        groups.push(group);
        addBackends(backends.after, group.backends);
        if (group.wildcard !== undefined && !wildcards.after.has(address))
          wildcards.after.set(address, group.wildcard);
      } catch (error) {
        if (!(error instanceof MapsError)) throw error;
        refused.push({ name, names: [name], service, error });
        // Ids that were taken for it may have to be given back.
        this.#changes.frontends.add(name);
        for (const id of claim.group?.backends.ids ?? []) this.#changes.backends.add(id);
      }
    }
    this.#backends.replace(service, backends.before, backends.after, this.#changes.backends);
    this.#wildcards.replace(service, wildcards.before, wildcards.after, this.#changes.wildcards);
    this.#exchange(before, groups);
    this.#refuse(state, refused);
    state.groups = groups.slice();
    for (const [map, count] of used ?? []) if (room.used.get(map)! < count) this.#roomFreed = true;
  }

  #exchange(before: readonly FrontendEntries[], after: readonly FrontendEntries[]): void {
    for (const group of before) {
      if (this.#frontends.get(group.name) !== group || after.includes(group)) continue;
      this.#frontends.delete(group.name);
      this.#names.delete(group.revNatId);
      this.#changes.frontends.add(group.name);
    }
    for (const group of after) {
      if (this.#frontends.get(group.name) === group) continue;
      const { name, revNatId } = group;
      const old = this.#frontends.get(name)?.revNatId;
      if (old !== undefined && old !== revNatId) this.#names.delete(old);
      this.#frontends.set(name, group);
      this.#names.set(revNatId, name);
      this.#changes.frontends.add(group.name);
    }
  }

  #refuse(state: ServiceState, refused: readonly Refusal[]): void {
    const count = (refusals: readonly Refusal[], by: 1 | -1) => {
      for (const { names } of refusals)
        for (const name of names) {
          const left = (this.#refusedNames.get(name) ?? 0) + by;
          if (left === 0) this.#refusedNames.delete(name);
          else this.#refusedNames.set(name, left);
          this.#changes.frontends.add(name);
        }
    };
    count(refused, 1);
    count(state.refused, -1);
    state.refused = refused.length === 0 ? none : refused;
    if (refused.length === 0) this.#refused.delete(state);
    else this.#refused.add(state);
  }

  #view(): Projection {
    const [frontends, backends, wildcards] = [
      this.#frontends,
      new BackendEntriesById(this.#backends.entries),
      this.#wildcards.entries,
    ];
    const refused = this.#refused;
    const refusedNames = this.#refusedNames;
    return {
      frontends,
      ids: this.#names,
      backends,
      wildcards,
      refusedNames,
      get refused() {
        return [...refused].flatMap((state) => state.refused);
      },
      get entries() {
        return collectEntries({ frontends, backends, wildcards });
      },
    };
  }
}

function conflict({ service, place: { name } }: Claim, holder: Claim): Refusal {
  const problem = `is a frontend of service ${holder.service} already`;
  const error = new ServiceError('LBX_FRONTEND_CONFLICT', service, 'frontend', name, problem);
  return { name, names: [name], service, error };
}

function backendsOf(groups: readonly FrontendEntries[]): Map<number, Backend> {
  const found = new Map<number, Backend>();
  let last: BackendEntries | undefined;
  for (const { backends } of groups) {
    // Frontends of a service mostly share one set.
    if (backends !== last) addBackends(found, backends);
    last = backends;
  }
  return found;
}

function addBackends(found: Map<number, Backend>, { ids, backends }: BackendEntries): void {
  for (const [i, id] of ids.entries()) found.set(id, backends[i]!);
}

const mapOf = ({ address }: Backend): ServiceMapName => mapsOf[familyOf(address)].backends;

function wildcardsOf(groups: readonly FrontendEntries[]): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const { wildcard } of groups) {
    if (wildcard === undefined) continue;
    const { address } = wildcard.key as { address: string };
    if (!found.has(address)) found.set(address, wildcard);
  }
  return found;
}
