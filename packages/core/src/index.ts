/**
 * The load balancer as a library: load the prebuilt datapath, attach it, and keep it programmed.
 *
 * @packageDocumentation
 */
export type { ApplyReport, FailedWrite } from './apply/apply-report.ts';
export {
  openPinnedWriter,
  type PinnedWrite,
  type PinnedWriteOptions,
  type PinnedWriter,
} from './apply/pinned-writer.ts';
export type { ServiceChanges } from './apply/programmer.ts';
export { pinnedProgramNames } from './attach/program-pins.ts';
export { isBpffs } from './bpffs.ts';
export { findCgroup2 } from './cgroup-root.ts';
export type { Count, Counters } from './counters.ts';
export { CoreError, type CoreErrorCode } from './errors.ts';
export type { DatapathEvent, EventEndpoint } from './events/datapath-event.ts';
export { type EventKind, eventKinds, eventKindsOf, eventReasons } from './events/event-kind.ts';
export type { EventOptions } from './events/event-wishes.ts';
export type { DatapathEvents } from './events/open-events.ts';
export { openPinnedEvents } from './events/open-pinned-events.ts';
export { createLoadBalancer, type LoadBalancer, type Summary } from './load-balancer.ts';
export { defaultNodeAddresses } from './network/node-addresses.ts';
export { type LocalAddress, localAddresses } from './network/node-network.ts';
export { openPinnedTables } from './open-pinned-tables.ts';
export {
  defaultPins,
  type FlowTimeouts,
  type LoadBalancerOptions,
  type XdpChoice,
} from './options/options.ts';
export type { ResolvedOptions } from './options/resolve-options.ts';
export { type MapFill, measurePinnedMaps } from './pinned/measure-maps.ts';
export { openPinnedFlows, type PinnedFlows } from './pinned/open-flow-sources.ts';
export { readProgramSettings } from './pinned/program-settings.ts';
export {
  openPinnedTraffic,
  type PinnedTraffic,
  type PinnedTrafficReader,
} from './pinned/read-pinned-traffic.ts';
export type { ProgramSettings } from './pinned/settings-of.ts';
export { type DerivedState, inspectDerived } from './probe/inspect-derived.ts';
export {
  type InspectOptions,
  inspectPins,
  type PinnedLink,
  type PinnedMap,
  type PinnedState,
} from './probe/inspect-pins.ts';
export { readPinnedCounters } from './probe/pinned-counters.ts';
export { type DatapathProbe, probeDatapath } from './probe/probe-datapath.ts';
export {
  type ProbedSocketHook,
  probedSocketHooks,
  probeSockets,
  type SocketProbe,
} from './probe/probe-sockets.ts';
export type { DriftStatus } from './reconcile/drift-status.ts';
export {
  createHistogram,
  type Histogram,
  type HistogramValues,
  latencyBounds,
} from './reconcile/histogram.ts';
export type { ChangeTimes, ProgrammingLatency } from './reconcile/latency.ts';
export type { FailingFrontend, ReconcileStatus } from './reconcile/reconciler.ts';
export { planRemoval } from './remove/plan-removal.ts';
export type { ForeignPin, RemovalItem, RemovalPlan, Removed } from './remove/removal.ts';
export { type RemoveOptions, removePinned } from './remove/remove-pinned.ts';
export type { MapMismatch } from './running-maps.ts';
export type { ServiceTraffic } from './service-traffic.ts';
export type { SocketSweeps } from './sockets/socket-sweeper.ts';
export type { DestroyMethod } from './sockets/stale-sockets.ts';
export type { AttachmentStatus, FamilyStatus, FrontendStatus, MapStatus, Status } from './status.ts';
export { createKernelTable } from './tables/kernel-table.ts';
export { createMaglevTable } from './tables/maglev-table.ts';
export type { Traffic, TrafficCount } from './traffic.ts';
export type { FlowUsage, HookUsage, IdUsage, MapUsage, Usage } from './usage.ts';
