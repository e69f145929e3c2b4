import type { Frontend } from '@lbx/maps';
import type { ApplyReport } from './apply/apply-report.ts';
import type { Programmer, ServiceChanges } from './apply/programmer.ts';
import { changesTo } from './apply/service-changes.ts';
import type { Hooks } from './attach/hooks.ts';
import type { NeighbourKeeper } from './derived/neighbours.ts';
import { podDevicesOf } from './derived/pod-devices.ts';
import type { Datapath } from './load/datapath.ts';
import { loadSettings } from './load/load-programs.ts';
import type { NodeNetwork } from './network/node-network.ts';
import { needsReload, nodeSettings } from './options/node-settings.ts';
import type { LoadBalancerOptions } from './options/options.ts';
import type { ResolvedOptions } from './options/resolve-options.ts';
import type { ChangeTimes } from './reconcile/latency.ts';
import { createReconciler, type Reconciler } from './reconcile/reconciler.ts';
import type { SocketSweeper, SocketSweeps } from './sockets/socket-sweeper.ts';
import { openSweeps } from './sweep/open-sweeps.ts';
import { createSweeper, type SweepCount } from './sweep/sweeper.ts';
import { createUndo } from './undo.ts';

/** What a running load balancer consists of. */
export interface RuntimeParts {
  /** As the caller gave them. */
  readonly given: LoadBalancerOptions;
  readonly resolved: ResolvedOptions;
  readonly network: NodeNetwork;
  readonly datapath: Datapath;
  readonly hooks: Hooks;
  readonly programmer: Programmer;
  /** Where the neighbours of backends are kept. */
  readonly neighbours?: NeighbourKeeper;
  /** Where connected UDP sockets are looked after. */
  readonly sockets?: SocketSweeper;
}

/** Applies services, and keeps hooks, addresses and settings in line with the node's network while it runs. */
export interface Runtime {
  /** As they are now. */
  readonly options: ResolvedOptions;
  /** Flows by table, as the last sweep found them. */
  readonly flows: Readonly<Record<string, SweepCount>>;
  readonly sockets: SocketSweeps | undefined;
  readonly reconciler: Reconciler;
  /** Exactly these services. */
  apply(frontends: readonly Frontend[]): ApplyReport;
  /** These services changed. */
  update(changes: ServiceChanges, times?: ChangeTimes): ApplyReport;
  sync(): ApplyReport;
  close(): void;
}

/** Changes come in bursts: a new device is up, gets addresses, has a neighbour tested. */
const settleMs = 20;

export function createRuntime({
  given,
  resolved,
  network,
  datapath,
  hooks,
  programmer,
  neighbours,
  sockets,
}: RuntimeParts): Runtime {
  let options = resolved;
  let pending: NodeJS.Timeout | undefined;
  const { onNotice } = resolved;

  const { sweepSeconds } = resolved;
  const sweeper =
    datapath.hz > 0 && sweepSeconds !== false
      ? createSweeper(
          () =>
            openSweeps(datapath.maps, loadSettings(resolved, datapath.hz), datapath.hz, resolved.timeouts),
          sweepSeconds,
          onNotice,
        )
      : undefined;

  const reconciler = createReconciler({
    write: (changes, how) => programmer.apply(changes, options, how),
    desired: programmer.desired,
    retryRefused: programmer.retryRefused,
    idsFreeIn: programmer.idsFreeIn,
    checkDrift: programmer.checkDrift,
    repairDerived: programmer.repairDerived,
    inside: network.inside,
    driftSeconds: resolved.driftSeconds,
    onNotice,
    onApplied: resolved.onApplied,
  });
  /** What happened just now is taken into account, though nobody was told of it yet. */
  const catchUp = () => {
    if (network.hasChanged() && follow()) resolved.onNodeAddresses(options.nodeAddresses);
  };

  /** Loads the programs with settings that are fixed in them. */
  const reload = (changed: ResolvedOptions): boolean => {
    const undo = createUndo();
    try {
      datapath.reload(changed, undo, ({ byName }) => hooks.replace(byName, undo));
      undo.keep();
      hooks.commit();
      return true;
    } catch (error) {
      undo.run();
      onNotice(
        `the node's network changed, but new programs could not be loaded: ${(error as Error).message}`,
      );
      return false;
    }
  };

  /** Returns whether NodePorts are to be served elsewhere than before. */
  const follow = (): boolean => {
    const state = { devices: network.devices(), addresses: network.addresses() };
    programmer.setDevices(state.devices);
    programmer.setAddresses(state.addresses);
    const before = options;
    const next = { ...before, ...nodeSettings(given, state, before) };
    if (!needsReload(before, next)) options = next;
    else if (reload(next)) {
      options = next;
      onNotice(describeChange(before, next));
    } else options = { ...before, nodeAddresses: next.nodeAddresses };
    hooks.follow(state.devices, datapath.programs.byName);
    programmer.setPodDevices(podDevicesOf(state.devices, hooks.attachments, options));
    return String(before.nodeAddresses) !== String(options.nodeAddresses);
  };

  const settle = () => {
    pending = undefined;
    try {
      network.inside(() => {
        if (!follow()) return;
        resolved.onNodeAddresses(options.nodeAddresses);
        reconciler.refresh();
      });
    } catch (error) {
      // Nobody waits for this: the next change, or apply, is the next attempt.
      onNotice(`could not follow a change of the node's network: ${(error as Error).message}`);
    }
  };
  network.watch(() => {
    pending ??= setTimeout(settle, settleMs).unref();
  });

  return {
    get options() {
      return options;
    },
    flows: sweeper?.counts ?? {},
    get sockets() {
      return sockets?.counts;
    },
    reconciler,
    apply(frontends) {
      catchUp();
      return reconciler.apply(changesTo(frontends, programmer.services));
    },
    update(changes, times) {
      catchUp();
      return reconciler.update(changes, times);
    },
    sync: reconciler.sync,
    close() {
      clearTimeout(pending);
      reconciler.close();
      sweeper?.close();
      sockets?.close();
      neighbours?.close();
      network.close();
    },
  };
}

function describeChange(before: ResolvedOptions, after: ResolvedOptions): string {
  const changes = (['snatAddress', 'snatAddress6', 'mtu', 'families'] as const).flatMap((name) => {
    const [from, to] = [before[name], after[name]].map((value) => String(value ?? 'none'));
    return from === to ? [] : [`${name} ${from} → ${to}`];
  });
  return `the node's network changed, programs were loaded anew: ${changes.join(', ')}`;
}
