import {
  type AnyTable,
  createMemoryTables,
  explain,
  type MemoryTablesOptions,
  type OptionShape,
  type Tables,
} from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { createProgrammer } from '../apply/programmer.ts';
import { changesTo } from '../apply/service-changes.ts';
import { assertChanges, wantedFrontends } from '../apply/wanted-frontends.ts';
import { closedError } from '../closed-error.ts';
import { openEvents } from '../events/open-events.ts';
import { explainOptions } from '../explain-options.ts';
import type { LoadBalancer } from '../load-balancer.ts';
import { assertOptions, assertShape } from '../options/assert-options.ts';
import type { LoadBalancerOptions } from '../options/options.ts';
import { resolveOptions } from '../options/resolve-options.ts';
import { settingsOf } from '../pinned/settings-of.ts';
import { createReconciler } from '../reconcile/reconciler.ts';
import { serviceNamesOf } from '../service-names.ts';
import { readTraffic } from '../traffic.ts';

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

const shape: OptionShape<MemoryLoadBalancerOptions> = {
  algorithm: 'text',
  externalClusterIP: 'flag',
  families: 'numbers',
  forwarding: 'text',
  maglevSeed: 'text',
  maglevSize: 'number',
  nodeAddresses: 'texts',
  nodePortRange: 'numbers',
  onApplied: 'call',
  onNotice: 'call',
  wildcards: 'flag',
  maxEntries: ['number', 'object'],
  failOn: 'call',
  tables: 'object',
};

/** All that a load balancer can be asked; what is about programs, packets and hooks is empty. */
export interface MemoryLoadBalancer extends LoadBalancer {
  /** Where it writes: for matchers, or to change something behind its back. */
  readonly tables: Tables;
}

/**
 * A load balancer whose maps are in memory, for tests of what calls one: no root, no kernel, no libbpf. Ids, the order of
 * writes, retries, refusals and what `checkDrift()` puts right are those of `createLoadBalancer`; maps have the kernel's
 * limits, and `failOn` makes writes fail. It is compared by `checkDrift()` only, not by itself every so often. No packet
 * ever comes: `events()` and `traffic()` throw, as they do where no programs are on devices.
 */
export function createMemoryLoadBalancer(given: MemoryLoadBalancerOptions = {}): MemoryLoadBalancer {
  assertShape(given, shape);
  const { tables: there, maxEntries, failOn, ...settings } = given;
  assertOptions({ ...settings, ...(typeof maxEntries === 'object' ? { maxEntries } : {}) });
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
  const noMaps: ReadonlyMap<string, BpfMap> = new Map();
  let open = true;
  const close = () => {
    open = false;
    reconciler.close();
  };
  const whileOpen = <A extends unknown[], R>(act: (...args: A) => R) => {
    return (...args: A): R => {
      if (!open) throw closedError();
      return act(...args);
    };
  };
  return {
    tables,
    options: resolved,
    get reconcile() {
      return reconciler.status;
    },
    apply: whileOpen((desired) => {
      return reconciler.apply(changesTo(wantedFrontends(desired), programmer.services));
    }),
    update: whileOpen((changes, times) => {
      assertChanges(changes);
      return reconciler.update(changes, times);
    }),
    sync: whileOpen(() => reconciler.sync()),
    setUnread: whileOpen(programmer.setUnread),
    checkDrift: whileOpen(() => reconciler.checkDrift()),
    status: whileOpen(() => ({
      attachments: [],
      families: [],
      maps: Object.values(tables).map(({ layout: { name, type }, maxEntries: max }) => ({
        name,
        id: 0,
        type,
        maxEntries: max,
      })),
      mismatches: [],
      ...programmer.status(reconciler.stateOf),
      reconcile: reconciler.status,
      counters: {},
      flows: {},
    })),
    dump: whileOpen(programmer.dump),
    explain: whileOpen((flow) => explain(programmer.snapshot(), flow, explainOptions(resolved, []))),
    events: whileOpen((wanted = {}) => openEvents(noMaps, wanted, { release() {} })),
    traffic: whileOpen(() => readTraffic(noMaps)),
    serviceTraffic: whileOpen(() => []),
    serviceNames: whileOpen(() => serviceNamesOf(programmer.desired)),
    counters: whileOpen(() => ({})),
    usage: whileOpen(() => ({ ...programmer.usage(), flows: {}, hooks: {} })),
    summary: () => ({ programs: 0, maps: Object.keys(tables).length, attachments: [], takenOver: 0 }),
    programSettings: () => settingsOf(resolved, 0),
    close,
    remove: whileOpen(() => {
      for (const table of Object.values(tables) as AnyTable[])
        table.deleteBatch([...table.entries()].map(([key]) => key));
      close();
    }),
    [Symbol.dispose]: close,
  };
}
