import {
  createMemoryTables,
  explain,
  type Frontend,
  frontendsOf,
  type MemoryTablesOptions,
  type Tables,
} from '@lbx/maps';
import { createProgrammer } from '../apply/programmer.ts';
import { changesTo } from '../apply/service-changes.ts';
import { explainOptions } from '../explain-options.ts';
import type { LoadBalancer } from '../load-balancer.ts';
import type { LoadBalancerOptions } from '../options/options.ts';
import { resolveOptions } from '../options/resolve-options.ts';
import { createReconciler } from '../reconcile/reconciler.ts';
import type { Status } from '../status.ts';

/** Options of a load balancer that say how services are served. What is about devices, programs and pins means nothing here. */
export type MemoryLoadBalancerOptions = Pick<
  LoadBalancerOptions,
  | 'algorithm'
  | 'externalClusterIP'
  | 'families'
  | 'forwarding'
  | 'maglevSeed'
  | 'maglevSize'
  | 'nodeAddresses'
  | 'nodePortRange'
  | 'onApplied'
  | 'onNotice'
  | 'wildcards'
> &
  Pick<MemoryTablesOptions, 'maxEntries' | 'failOn'> & {
    /** Tables that hold something already, as after a restart; `maxEntries` and `failOn` mean nothing then. */
    readonly tables?: Tables;
  };

/** The part of a load balancer that writes services and tells of them, without programs. */
export interface MemoryLoadBalancer
  extends Disposable,
    Pick<
      LoadBalancer,
      'options' | 'apply' | 'update' | 'sync' | 'setUnread' | 'reconcile' | 'dump' | 'explain' | 'close'
    > {
  /** Where it writes: for matchers, or to change something behind its back. */
  readonly tables: Tables;
  status(): Pick<Status, 'frontends' | 'entries'>;
}

/**
 * A load balancer whose maps are in memory, for tests of what calls one: no root, no kernel, no libbpf. Ids, the order of
 * writes, retries and refusals are those of `createLoadBalancer`; maps have the kernel's limits, and `failOn` makes writes
 * fail.
 */
export function createMemoryLoadBalancer(given: MemoryLoadBalancerOptions = {}): MemoryLoadBalancer {
  const { tables: there, maxEntries, failOn, ...settings } = given;
  const resolved = resolveOptions(
    { nodeAddresses: [], ...settings, cgroup: false, pins: false, driftSeconds: false },
    { devices: [], addresses: [] },
  );
  const tables =
    there ??
    createMemoryTables({
      maglevSize: resolved.maglevSize,
      ...(maxEntries === undefined ? {} : { maxEntries }),
      ...(failOn === undefined ? {} : { failOn }),
    });
  const programmer = createProgrammer({ maps: { byName: new Map() }, tables }, resolved, [], {
    onUdpWritten() {},
    onMoves() {},
  });
  const reconciler = createReconciler({
    write: (changes, how) => programmer.apply(changes, resolved, how),
    desired: programmer.desired,
    retryRefused: programmer.retryRefused,
    idsFreeIn: programmer.idsFreeIn,
    checkDrift: programmer.checkDrift,
    repairDerived: programmer.repairDerived,
    inside: (act) => act(),
    driftSeconds: false,
    onNotice: resolved.onNotice,
    onApplied: resolved.onApplied,
  });
  const close = () => reconciler.close();
  return {
    tables,
    options: resolved,
    get reconcile() {
      return reconciler.status;
    },
    apply(desired) {
      const frontends: Frontend[] = [...desired].flatMap((item) =>
        'frontends' in item ? frontendsOf(item) : [item],
      );
      return reconciler.apply(changesTo(frontends, programmer.services));
    },
    update: (changes, times) => reconciler.update(changes, times),
    sync: () => reconciler.sync(),
    setUnread: programmer.setUnread,
    status: () => programmer.status(reconciler.stateOf),
    dump: programmer.dump,
    explain: (flow) => explain(programmer.snapshot(), flow, explainOptions(resolved, [])),
    close,
    [Symbol.dispose]: close,
  };
}
