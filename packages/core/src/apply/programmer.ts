import {
  type ApplyResult,
  allChanges,
  carryOut,
  createInheritance,
  createProjector,
  createWritten,
  dump,
  type Frontend,
  type Ids,
  IdsExhaustedError,
  type IdsOptions,
  isBackend,
  isReverseNat,
  isSharedWorkLeft,
  mergeChanges,
  type Op,
  type Projection,
  type ProjectionChanges,
  readSnapshot,
  releaseIds,
  restoreIds,
  type Snapshot,
  shortages,
  type Tables,
  type Unread,
  unsettled,
  unwantedIn,
} from '@lbx/maps';
import type { BpfMap, NetworkDevice } from 'libbpf-ts';
import { highestUsed } from '../derived/backend-meta.ts';
import { openLocalAddresses, syncLocalAddresses } from '../derived/local-addresses.ts';
import { openPodDevices, syncPodDevices } from '../derived/pod-devices.ts';
import { createTrafficKeeper, type OwnedIds } from '../derived/traffic-keeper.ts';
import { openVlans, syncVlans } from '../derived/vlans.ts';
import type { LocalAddress } from '../network/node-network.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import { checkDrift, type DriftSlice } from '../reconcile/drift-check.ts';
import type { Attempts, FrontendState } from '../reconcile/frontend-states.ts';
import type { FrontendStatus } from '../status.ts';
import { trafficMapsOf } from '../traffic.ts';
import { idUsage, mapUsage, type Usage } from '../usage.ts';
import type { ApplyReport } from './apply-report.ts';
import { type BackendMoves, createBackendPlaces } from './backend-places.ts';
import { frontendStatus } from './frontend-status.ts';
import { createGivenServices } from './given-services.ts';
import { openKernelTables } from './kernel-tables.ts';
import { projectOptions, sizeKnobs } from './project-options.ts';
import { writesUdp } from './udp-writes.ts';
import { readWrittenEntries } from './written-entries.ts';

/** What services have now, by name; without frontends they are gone. */
export type ServiceChanges = ReadonlyMap<string, readonly Frontend[]>;

/** Brings the maps in line with services, at the cost of what changed. */
export interface Programmer {
  /**
   * Takes up what changed, and what is left from before.
   * @param options - as they are now: addresses of the node come and go.
   */
  apply(changes: ServiceChanges, options: ResolvedOptions, how?: ApplyHow): Applied;
  /** What is wanted, live. */
  readonly desired: Projection;
  /** Tries again what was refused because every id was in use or in quarantine. */
  retryRefused(): void;
  /** Not all that is wanted can be read: from the next apply on, what may be meant stays as an earlier process left it. */
  setUnread(unread: Unread): void;
  /** Milliseconds until what was refused for want of an id may have one; undefined: nothing was, or all are in use. */
  idsFreeIn(): number | undefined;
  /** Compares the maps with what was written, slice by slice: what each found is for `apply` to put right. */
  checkDrift(): Generator<DriftSlice, void>;
  /** Puts right what follows from the entries of the maps, slice by slice; gives how much. */
  repairDerived(): Generator<number, void>;
  /** Services as they were last given. */
  readonly services: ServiceChanges;
  /** The node's devices are these now. */
  setDevices(devices: readonly NetworkDevice[]): void;
  /** Packets can go straight into pods by these devices. */
  setPodDevices(devices: ReadonlySet<number>): void;
  /** These are the node's own addresses now. */
  setAddresses(addresses: readonly LocalAddress[]): void;
  /** Whether what the last apply wanted is in the maps, frontend by frontend, and how many entries they hold. */
  status(stateOf: (frontend: string) => FrontendState | undefined): {
    readonly frontends: FrontendStatus[];
    readonly entries: Readonly<Record<string, number>>;
  };
  /** How much of maps and ids is used, by what was written; nothing is read. */
  usage(): Pick<Usage, 'maps' | 'ids'>;
  /** What the maps hold, read now. */
  snapshot(): Snapshot;
  dump(): string[];
}

/** What an `apply` may do. */
export interface ApplyHow {
  /** Delete what nobody asks for (true when absent). False: only what belongs to the frontends that are asked for. */
  readonly prune?: boolean;
  /** Frontends that failed, and whose time to be tried again has not come; none when absent. What changed is tried. */
  readonly isWaiting?: (name: string) => boolean;
  /** What has to be compared too. */
  readonly also?: ProjectionChanges;
}

/** What an `apply` did. */
export interface Applied extends Attempts {
  readonly report: ApplyReport;
  /** Shared entries differ still: backends or wildcards. */
  readonly sharedLeft: boolean;
}

/** Who is told of what the programmer does. */
export interface ProgrammerListener {
  /** Services of UDP were written; also after the first apply. */
  onUdpWritten(): void;
  /** Backends came to, or left, this node and others; absent: nobody needs to know who is on others. */
  readonly onMoves?: (moves: BackendMoves) => void;
}

/** What a programmer writes. */
export interface ProgrammedMaps {
  /** Maps in the kernel. */
  readonly maps: { readonly byName: ReadonlyMap<string, BpfMap> };
  /** Tables in memory in place of those of service maps, for tests. */
  readonly tables?: Tables;
}

/** Opens the tables, and takes ids and entries from what an earlier process left in them. */
export function createProgrammer(
  datapath: ProgrammedMaps,
  resolved: ResolvedOptions,
  addresses: readonly LocalAddress[],
  { onUdpWritten, onMoves }: ProgrammerListener,
): Programmer {
  const places = createBackendPlaces(textOf(addresses), onMoves !== undefined);
  const kernel = openKernelTables(datapath.maps.byName, resolved.maglevSize, places, datapath.tables);
  const { tables, frontendMeta } = kernel;
  const ownAddresses = openLocalAddresses(datapath.maps.byName);
  if (ownAddresses !== undefined) syncLocalAddresses(ownAddresses, addresses);
  const vlans = openVlans(datapath.maps.byName);
  const podDevices = openPodDevices(datapath.maps.byName);
  const found = readSnapshot(tables);
  const ids: Ids = restoreIds(found, idLimits(datapath.maps.byName));
  reserveUsedIds(ids, datapath.maps.byName);
  const written = createWritten(found);
  const counted = trafficMapsOf(datapath.maps.byName);
  const traffic = counted && createTrafficKeeper(counted, ownersIn(found));
  const firstOptions = projectOptions(resolved, tables);
  const knobs = sizeKnobs(tables, resolved);
  let optionsInForce = JSON.stringify(firstOptions);
  const projector = createProjector(firstOptions, ids, { slotsOf: (name) => written.slotsOf(name) });
  const desired = projector.projection;
  const inheritance = createInheritance(written, kernel.foundPlaceOf);
  const given = createGivenServices(inheritance, projector, places);
  /** What could not be done yet. */
  let left: ProjectionChanges | undefined;
  let first = true;
  /** Everything has been told: what an earlier process left is compared too. */
  let told = false;

  const take = (changes: ServiceChanges, options: ResolvedOptions, whole: boolean) => {
    const next = projectOptions(options, tables);
    const text = JSON.stringify(next);
    if (text !== optionsInForce) projector.setOptions(next);
    optionsInForce = text;
    given.give(changes);
    const taken = projector.takeChanges();
    // Also what was refused: ids that were taken for it go back.
    const changed = whole ? mergeChanges(unwantedIn(written, desired), taken) : taken;
    return { changed, all: left === undefined ? changed : mergeChanges(changed, left) };
  };

  return {
    services: given.services,
    status(stateOf) {
      const entries = readWrittenEntries(datapath.maps.byName, tables);
      return { frontends: first ? [] : frontendStatus(desired, entries, stateOf), entries: entries.counts };
    },
    usage: () => ({
      maps: mapUsage(written.writeCounts, (name) => tables[name].maxEntries),
      ids: { frontend: idUsage(ids.frontends), backend: idUsage(ids.backends) },
    }),
    snapshot: () => readSnapshot(tables),
    dump: () => dump(tables),
    setDevices(now) {
      if (vlans !== undefined) syncVlans(vlans, now);
    },
    setPodDevices(now) {
      if (podDevices !== undefined) syncPodDevices(podDevices, now);
    },
    setAddresses(now) {
      if (ownAddresses !== undefined) syncLocalAddresses(ownAddresses, now);
      places.setOwnAddresses(textOf(now));
      if (first) return;
      const moves = places.takeMoves();
      kernel.refreshBackends(moves.local);
      onMoves?.(moves);
    },
    desired,
    retryRefused: () => projector.retryRefused(),
    setUnread(now) {
      given.setUnread(now);
      // What may be brought in line now is in no changes.
      if (inheritance.kept > 0) left = allChanges(written, desired);
    },
    idsFreeIn() {
      const scarce = new Set(
        desired.refused.flatMap(({ error }) => (error instanceof IdsExhaustedError ? error.space : [])),
      );
      const waits = [ids.frontends, ids.backends].flatMap(({ label, freeIn }) =>
        scarce.has(label) ? (freeIn ?? []) : [],
      );
      return waits.length === 0 ? undefined : Math.min(...waits);
    },
    checkDrift: () => checkDrift({ maps: datapath.maps.byName, tables, written, desired }),
    repairDerived: kernel.repair,
    apply(services, options, { prune = true, isWaiting, also } = {}) {
      const started = performance.now();
      const whole = prune && !told;
      const { changed, all } = take(services, options, whole);
      const changes = also === undefined ? all : mergeChanges(all, also);
      // Asked once: a moment later the time of one of them may have come.
      const skip = new Set(
        [...changes.frontends].filter(
          (name) =>
            isWaiting?.(name) === true && !changed.frontends.has(name) && also?.frontends.has(name) !== true,
        ),
      );
      const how = { prune, skip };
      // Should anything throw from here on, nothing that changed is forgotten.
      left = changes;
      const reachable = inheritance.without(desired);
      let udp = false;
      const writing = performance.now();
      frontendMeta?.mark(reachable, changes.frontends);
      const onOps = (planned: readonly Op[]) => {
        traffic?.prepare(planned);
        udp ||= writesUdp(planned);
      };
      const result = carryOut(tables, written, reachable, changes, { ...how, knobs, onOps });
      frontendMeta?.unmark(reachable, ids, whole ? undefined : changes.frontends);
      left = unsettled(written, reachable, changes, result, how);
      for (const name of releaseIds(ids, written, reachable, changes)) left.frontends.add(name);
      inheritance.settle(reachable);
      const moves = places.takeMoves();
      kernel.refreshBackends(whole ? undefined : moves.local);
      onMoves?.(moves);
      // While half of a service is written, its backends cannot be told from those that went.
      if ((whole || udp) && !writesUdp(result.failures.map(({ op }) => op))) onUdpWritten();
      first = false;
      told ||= prune;
      const ended = performance.now();
      const tried = new Set([...changes.frontends].filter((name) => !skip.has(name)));
      const report: ApplyReport = {
        frontends: desired.frontends.size,
        writes: result.done,
        failed: result.failures.map(({ op, error }) => ({
          map: op.map,
          error,
          ...(op.frontend === undefined ? {} : { frontend: op.frontend }),
        })),
        refused: desired.refused,
        shortages: shortages(desired),
        pending: result.pending.size + changes.frontends.size - tried.size,
        kept: inheritance.kept,
        ms: ended - started,
        writeMs: ended - writing,
      };
      const sharedLeft = isSharedWorkLeft(written, reachable, left);
      return { report, tried, pending: pendingOf(result), sharedLeft };
    },
  };
}

/** Frontends that are not as wanted, with the failure of their own or else one that they share with others. */
function pendingOf({ pending, failures }: ApplyResult): ReadonlyMap<string, Error> {
  const own = new Map<string, Error>();
  let shared: Error | undefined;
  for (const { op, error } of failures) {
    if (op.frontend === undefined) shared ??= error;
    else if (!own.has(op.frontend)) own.set(op.frontend, error);
  }
  const fallback = shared ?? failures[0]?.error ?? new Error('a write before it failed');
  return new Map([...pending].map((name) => [name, own.get(name) ?? fallback]));
}

/**
 * New backends get ids above all that were ever used, as far as there are such: what an earlier process freed just before
 * it ended may still be in flows and affinity entries. (Where ids have come round, a flow is told from the new owner of its
 * id by the generation in the metadata, which only grows; and ids of frontends in flows are for counters only.)
 */
export function reserveUsedIds(ids: Ids, maps: ReadonlyMap<string, BpfMap>): void {
  const map = maps.get('lbx_backend_meta');
  const highest = map === undefined ? 0 : highestUsed(map);
  if (highest > 0) ids.backends.reserve(highest);
}

/**
 * Ids of backends index the metadata array, where packets are balanced: higher ones would have no flows. Rather than
 * refuse, an id is used again before its time: the programs ask of every flow whether its frontend and backend are still
 * those that it was made for (docs/concepts/ids.md).
 */
export function idLimits(maps: ReadonlyMap<string, BpfMap>): IdsOptions {
  const size = maps.get('lbx_backend_meta')?.maxEntries;
  const knobs = { backend: 'endpoints' };
  return { knobs, reuse: true, ...(size === undefined ? {} : { maxBackendId: size - 1 }) };
}

const textOf = (addresses: readonly LocalAddress[]): ReadonlySet<string> =>
  new Set(addresses.map(({ address }) => address));

/** Ids of frontends and backends that are there. */
export function ownersIn({ entries }: Snapshot): OwnedIds {
  const owners = { frontend: [] as number[], backend: [] as number[] };
  for (const entry of entries.values()) {
    if (isReverseNat(entry)) owners.frontend.push(entry.key.revNatId);
    else if (isBackend(entry)) owners.backend.push(entry.key.backendId);
  }
  return owners;
}
