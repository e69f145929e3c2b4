import {
  type Explanation,
  explain,
  type Flow,
  type Frontend,
  type ServiceSpec,
  type Unread,
} from '@lbx/maps';
import type { FileLock } from 'libbpf-ts';
import type { ApplyReport } from './apply/apply-report.ts';
import { createProgrammer, type Programmer, type ServiceChanges } from './apply/programmer.ts';
import { assertChanges, wantedFrontends } from './apply/wanted-frontends.ts';
import { deviceIndex } from './attach/device.ts';
import { createHooks, type Hooks } from './attach/hooks.ts';
import { linkFolder } from './attach/link-folder.ts';
import { plansFor } from './attach/plans.ts';
import { programFolder } from './attach/program-pins.ts';
import { removeUnwanted } from './attach/remove-unwanted.ts';
import { createPinFolder } from './bpffs.ts';
import { resolveCgroup } from './cgroup-root.ts';
import { closedError } from './closed-error.ts';
import { type Counters, readCounters } from './counters.ts';
import { createNeighbourKeeper } from './derived/neighbours.ts';
import { podDevicesOf } from './derived/pod-devices.ts';
import { CoreError } from './errors.ts';
import { eventMapsOf } from './events/event-maps.ts';
import type { EventOptions } from './events/event-wishes.ts';
import { refreshEventRules } from './events/listener.ts';
import { type DatapathEvents, openEvents } from './events/open-events.ts';
import { explainOptions } from './explain-options.ts';
import { forwardingNotices } from './forwarding-notice.ts';
import { type Datapath, loadDatapath } from './load/datapath.ts';
import { loadSettings } from './load/load-programs.ts';
import { type NodeNetwork, openNodeNetwork } from './network/node-network.ts';
import { assertOptions } from './options/assert-options.ts';
import type { LoadBalancerOptions } from './options/options.ts';
import { type ResolvedOptions, resolveOptions } from './options/resolve-options.ts';
import { lockPins } from './pin-lock.ts';
import { type ProgramSettings, settingsOf } from './pinned/settings-of.ts';
import { assertPrivileges } from './privileges.ts';
import type { ChangeTimes } from './reconcile/latency.ts';
import type { ReconcileStatus } from './reconcile/reconciler.ts';
import { removeState } from './remove/remove-pinned.ts';
import { createRuntime, type Runtime } from './runtime.ts';
import { serviceNamesOf } from './service-names.ts';
import { readServiceTraffic, type ServiceTraffic } from './service-traffic.ts';
import { createSocketSweeper } from './sockets/socket-sweeper.ts';
import { openStaleSockets } from './sockets/stale-sockets.ts';
import { readStatus, type Status } from './status.ts';
import { readTraffic, type Traffic } from './traffic.ts';
import { createUndo, type Undo } from './undo.ts';
import { flowUsage, hookUsage, type Usage } from './usage.ts';

/** What is loaded and where it is attached, in numbers. */
export interface Summary {
  readonly programs: number;
  readonly maps: number;
  readonly attachments: readonly string[];
  /** Hooks that an earlier process had attached and that only got new programs. */
  readonly takenOver: number;
}

/** A running load balancer: programs on their hooks and maps that are kept in line with what `apply` was last given. */
export interface LoadBalancer extends Disposable {
  /** As they are now: addresses of the node may come and go. */
  readonly options: ResolvedOptions;
  /**
   * Makes exactly these services (or frontends) be served: what is missing is added, what is gone is removed, the rest
   * is not touched. Give the same Frontend objects again for what did not change. Never throws for a single service or
   * a failed write: the report names them, and they are tried again, after longer and longer times.
   */
  apply(desired: Iterable<ServiceSpec | Frontend>): ApplyReport;
  /**
   * These services (by the name that their frontends have) changed: they have these frontends now, and are gone if they
   * have none; all others stay as they are. Costs what they have, however many services there are. What an earlier
   * process left stays until `sync` (or `apply`) says that everything has been told.
   * @param times - when the changes came to be, for `status().reconcile.latency`.
   */
  update(changes: ServiceChanges, times?: ChangeTimes): ApplyReport;
  /** Everything has been told: what is in the maps and nobody asked for is removed, from now on. */
  sync(): ApplyReport;
  /**
   * Not all that services say can be read: what may be meant by it stays as an earlier process left it, from the next
   * `apply`, `update` or `sync` on, until this is called with `nothingUnread`. That is frontends that nobody asks for, and
   * backends of the services named that were in none of their frontends since. What this process was given is its own, and
   * is changed and removed as ever.
   */
  setUnread(unread: Unread): void;
  /** Compares the maps with what was written, and puts right what somebody else changed, as it is done every `driftSeconds`. */
  checkDrift(): Promise<void>;
  /** How the maps are kept in line: what failed, what was put right, how long changes take. Costs next to nothing. */
  readonly reconcile: ReconcileStatus;
  /** Read back from the kernel: what is attached, and which frontends are really in the maps. */
  status(): Status;
  /** All entries of the service maps as sorted lines. */
  dump(): string[];
  /** Which backend a flow gets by what is in the maps now, and why. */
  explain(flow: Flow): Explanation;
  /**
   * Packets that were dropped, passed on though they looked like ours, or got a backend, as they come: an async iterable
   * that begins at once. See {@link EventOptions} for what can be asked for, {@link DatapathEvents} for how it ends.
   */
  events(options?: EventOptions): DatapathEvents;
  /**
   * Packets and bytes by frontend and by backend, with the option `traffic`.
   * @throws CoreError `LBX_NO_TRAFFIC` without it.
   */
  traffic(): Traffic;
  /** The same by service and frontend, for those that are wanted; empty without the option. Cheaper: no map is gone through. */
  serviceTraffic(): ServiceTraffic[];
  /** Services by the names of the frontends that are wanted: "192.0.2.1:30080/TCP" to "shop/web". Reads no maps. */
  serviceNames(): ReadonlyMap<string, string>;
  /** What became of packets, by reason: `status().counters` alone, by a system call or two. */
  counters(): Counters;
  /** How much of maps, ids and tables is used, by what is known without reading them. */
  usage(): Usage;
  summary(): Summary;
  /** What the programs were loaded with: `readProgramSettings` for those whom the kernel does not let read it. */
  programSettings(): ProgramSettings;
  /** Ends this process's part. Pinned programs and maps stay in force; without pins everything is detached. */
  close(): void;
  /** Detaches and removes everything, pinned or not. */
  remove(): void;
}

/**
 * Loads the datapath, attaches it and opens its maps. With pins, state that an earlier process left is taken over:
 * established flows go on, ids stay, and programs are swapped in one step. When anything fails, what this call made is
 * undone before the error is thrown. Belongs to the network namespace that it is called in.
 */
export function createLoadBalancer(options: LoadBalancerOptions = {}): LoadBalancer {
  assertOptions(options);
  assertPrivileges();
  // Before anything is made: the commonest mistake is a device of another name.
  for (const device of options.devices ?? []) deviceIndex(device);
  const undo = createUndo();
  try {
    const network = openNodeNetwork();
    undo.defer(() => network.close());
    const loadBalancer = start(options, network, undo);
    undo.keep();
    return loadBalancer;
  } catch (error) {
    undo.run();
    throw error;
  }
}

function start(options: LoadBalancerOptions, network: NodeNetwork, undo: Undo): LoadBalancer {
  const [devices, addresses] = [network.devices(), network.addresses()];
  const resolved = resolveOptions(options, { devices, addresses });
  const { pins, onNotice } = resolved;
  const cgroup = resolved.cgroup === false ? undefined : resolveCgroup(resolved.cgroup);
  if (resolved.devices.length + resolved.podDevices.length === 0 && cgroup === undefined) {
    throw new CoreError(
      'LBX_BAD_OPTION',
      'nothing to attach to: give devices (lbx agent --device), or leave cgroup on (without --no-cgroup)',
    );
  }
  for (const notice of forwardingNotices(resolved.devices, resolved.families)) onNotice(notice);
  if (pins !== false)
    for (const folder of [linkFolder(pins), programFolder(pins)]) createPinFolder(folder, undo);
  const lock = pins === false ? undefined : lockPins(pins);
  undo.defer(() => lock?.close());
  const datapath = loadDatapath(resolved, cgroup !== undefined, undo);
  const sockets =
    cgroup !== undefined && resolved.destroyUdpSockets
      ? createSocketSweeper(
          () => openStaleSockets(datapath.maps, loadSettings(resolved, datapath.hz)),
          onNotice,
        )
      : undefined;
  const neighbours = resolved.devices.length > 0 ? createNeighbourKeeper() : undefined;
  const programmer = createProgrammer(datapath, resolved, addresses, {
    onUdpWritten: () => sockets?.request(),
    ...(neighbours === undefined
      ? {}
      : {
          onMoves({ remoteAdded, remoteRemoved }) {
            neighbours.remove(remoteRemoved);
            neighbours.add(remoteAdded);
          },
        }),
  });
  undo.defer(() => neighbours?.close());
  programmer.setDevices(devices);
  const { byName, socketPrograms } = datapath.programs;
  const isOurMap = (id: number) => datapath.maps.isOurs(id);
  const context = { options: resolved, cgroup, programs: byName, socketPrograms, isOurMap };
  const hooks = createHooks(pins, (there) => plansFor(there, context), onNotice);
  hooks.attach(devices, byName, undo);
  if (pins !== false) removeUnwanted(pins, hooks.attachments, isOurMap, onNotice);
  datapath.maps.commit(undo);
  datapath.programs.commit();
  hooks.commit();
  programmer.setPodDevices(podDevicesOf(devices, hooks.attachments, resolved));
  // What a listener that was killed has left on.
  if (datapath.maps.byName.has('lbx_events')) refreshEventRules(eventMapsOf(datapath.maps.byName));
  const runtime = createRuntime({
    given: options,
    resolved,
    network,
    datapath,
    hooks,
    programmer,
    ...(neighbours === undefined ? {} : { neighbours }),
    ...(sockets === undefined ? {} : { sockets }),
  });
  return createHandle({ runtime, network, datapath, hooks, programmer, lock });
}

/** What a handle acts on. */
interface Running {
  readonly runtime: Runtime;
  readonly network: NodeNetwork;
  readonly datapath: Datapath;
  readonly hooks: Hooks;
  readonly programmer: Programmer;
  /** Of the pins, where there are any. */
  readonly lock: FileLock | undefined;
}

function createHandle({ runtime, network, datapath, hooks, programmer, lock }: Running): LoadBalancer {
  const listening = new Set<DatapathEvents>();
  let open = true;
  const assertOpen = () => {
    if (!open) throw closedError();
  };
  const close = () => {
    if (!open) return;
    open = false;
    for (const events of listening) events.close();
    network.inside(() => hooks.close());
    runtime.close();
    datapath.close();
    lock?.close();
  };
  return {
    get options() {
      return runtime.options;
    },
    get reconcile() {
      return runtime.reconciler.status;
    },
    apply(desired) {
      assertOpen();
      const frontends = wantedFrontends(desired);
      return network.inside(() => runtime.apply(frontends));
    },
    update(changes, times) {
      assertOpen();
      assertChanges(changes);
      return network.inside(() => runtime.update(changes, times));
    },
    sync() {
      assertOpen();
      return network.inside(() => runtime.sync());
    },
    setUnread(unread) {
      assertOpen();
      programmer.setUnread(unread);
    },
    checkDrift() {
      assertOpen();
      return runtime.reconciler.checkDrift();
    },
    status() {
      assertOpen();
      return network.inside(() => readStatus(runtime, datapath, hooks.attachments, programmer));
    },
    dump() {
      assertOpen();
      return programmer.dump();
    },
    explain(flow) {
      assertOpen();
      return explain(programmer.snapshot(), flow, explainOptions(runtime.options, network.addresses()));
    },
    events(wanted = {}) {
      assertOpen();
      const opened = openEvents(datapath.maps.byName, wanted, { release: () => listening.delete(opened) });
      listening.add(opened);
      return opened;
    },
    traffic() {
      assertOpen();
      return readTraffic(datapath.maps.byName);
    },
    serviceTraffic() {
      assertOpen();
      return readServiceTraffic(datapath.maps.byName, programmer.desired);
    },
    serviceNames() {
      assertOpen();
      return serviceNamesOf(programmer.desired);
    },
    counters() {
      assertOpen();
      return readCounters(datapath.maps.byName);
    },
    usage() {
      assertOpen();
      const { flows, sockets, options } = runtime;
      return {
        ...programmer.usage(),
        flows: flowUsage(flows, options),
        hooks: network.inside(() => hookUsage(hooks)),
        ...(sockets === undefined ? {} : { sockets }),
      };
    },
    summary: () => ({
      programs: datapath.programs.byName.size,
      maps: datapath.maps.byName.size,
      attachments: hooks.attachments.map(({ name }) => name),
      takenOver: hooks.attachments.filter(({ takenOver }) => takenOver).length,
    }),
    programSettings: () => settingsOf(runtime.options, datapath.hz),
    close,
    remove() {
      assertOpen();
      const { pins } = runtime.options;
      network.inside(() => (pins === false ? hooks.detach() : removeState(pins)));
      close();
    },
    [Symbol.dispose]: close,
  };
}
