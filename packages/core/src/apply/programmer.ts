import {
  applyOps,
  dump,
  type Frontend,
  type Ids,
  type Op,
  type Projection,
  plan,
  project,
  readSnapshot,
  restoreIds,
  type Snapshot,
} from '@lbx/maps';
import type { NetworkDevice } from 'libbpf-ts';
import { openLocalAddresses, syncLocalAddresses } from '../derived/local-addresses.ts';
import { createTrafficKeeper, type OwnedIds } from '../derived/traffic-keeper.ts';
import { openVlans, syncVlans } from '../derived/vlans.ts';
import type { Datapath } from '../load/datapath.ts';
import type { LocalAddress } from '../network/node-network.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import type { FrontendStatus } from '../status.ts';
import { trafficMapsOf } from '../traffic.ts';
import type { ApplyReport } from './apply-report.ts';
import { createBackendPlaces } from './backend-places.ts';
import { frontendStatus } from './frontend-status.ts';
import { openKernelTables } from './kernel-tables.ts';
import { projectOptions } from './project-options.ts';
import { writesUdp } from './udp-writes.ts';
import { readWrittenEntries } from './written-entries.ts';

/** Brings the maps in line with frontends. */
export interface Programmer {
  /** @param options - as they are now: addresses of the node come and go. */
  apply(frontends: readonly Frontend[], options: ResolvedOptions): ApplyReport;
  /** The node's devices are these now. */
  setDevices(devices: readonly NetworkDevice[]): void;
  /** These are the node's own addresses now. */
  setAddresses(addresses: readonly LocalAddress[]): void;
  /** Whether what the last apply wanted is in the maps, frontend by frontend, and how many entries they hold. */
  status(): { readonly frontends: FrontendStatus[]; readonly entries: Readonly<Record<string, number>> };
  /** What the maps hold, read now. */
  snapshot(): Snapshot;
  dump(): string[];
}

/** Ids of backends index the metadata array: higher ones would have no flows. */
const maxBackendId = 65535;

/**
 * Opens the tables, and takes ids and entries from what an earlier process left in them.
 * @param onUdpWritten - called when services of UDP were written, and after the first apply.
 */
export function createProgrammer(
  datapath: Datapath,
  { maglevSize }: ResolvedOptions,
  addresses: readonly LocalAddress[],
  onUdpWritten: () => void = () => {},
): Programmer {
  const places = createBackendPlaces(textOf(addresses));
  const kernel = openKernelTables(datapath.maps.byName, maglevSize, places);
  const { tables, frontendMeta } = kernel;
  const ownAddresses = openLocalAddresses(datapath.maps.byName);
  if (ownAddresses !== undefined) syncLocalAddresses(ownAddresses, addresses);
  const vlans = openVlans(datapath.maps.byName);
  let actual: Snapshot | Projection = readSnapshot(tables);
  const ids: Ids = restoreIds(actual, { maxBackendId });
  const counted = trafficMapsOf(datapath.maps.byName);
  const traffic = counted && createTrafficKeeper(counted, ownersIn(actual));
  let desired: Projection | undefined;
  let first = true;

  return {
    status() {
      const written = readWrittenEntries(datapath.maps.byName, tables);
      return { frontends: frontendStatus(desired, written), entries: written.counts };
    },
    snapshot: () => readSnapshot(tables),
    dump: () => dump(tables),
    setDevices(now) {
      if (vlans !== undefined) syncVlans(vlans, now);
    },
    setAddresses(now) {
      if (ownAddresses !== undefined) syncLocalAddresses(ownAddresses, now);
      kernel.refreshBackends(places.setOwnAddresses(textOf(now)));
    },
    apply(frontends, options) {
      const started = performance.now();
      const moved = places.learn(frontends);
      desired = project(frontends, projectOptions(options, tables), ids);
      const ops: Op[] = plan(actual, desired);
      const writing = performance.now();
      frontendMeta?.mark(desired);
      traffic?.prepare(ops);
      const result = applyOps(tables, ops);
      frontendMeta?.unmark(desired, ids);
      // Only a plan that was carried out whole tells what the maps hold; otherwise they are read again.
      actual = result.failures.length === 0 ? desired : readSnapshot(tables);
      kernel.refreshBackends(first ? undefined : moved);
      // While half of a service is written, its backends cannot be told from those that went.
      if ((first || writesUdp(ops)) && !writesUdp(result.failures.map(({ op }) => op))) onUdpWritten();
      first = false;
      const ended = performance.now();
      return {
        frontends: desired.frontends.size,
        writes: result.done,
        failed: result.failures.map(({ op, error }) => ({
          map: op.map,
          error,
          ...(op.frontend === undefined ? {} : { frontend: op.frontend }),
        })),
        refused: desired.refused,
        remoteBackends: places.remoteAddresses(),
        ms: ended - started,
        writeMs: ended - writing,
      };
    },
  };
}

const textOf = (addresses: readonly LocalAddress[]): ReadonlySet<string> =>
  new Set(addresses.map(({ address }) => address));

/** Ids of frontends and backends that are there. */
function ownersIn({ entries }: Pick<Snapshot | Projection, 'entries'>): OwnedIds {
  const owners = { frontend: [] as number[], backend: [] as number[] };
  for (const { map, key } of entries.values()) {
    if (map === 'lb4_reverse_nat' || map === 'lb6_reverse_nat') owners.frontend.push(key.revNatId);
    if (map === 'lb4_backends_v3' || map === 'lb6_backends_v3') owners.backend.push(key.backendId);
  }
  return owners;
}
