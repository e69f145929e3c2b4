// The seed's text is an option of projects; its numbers are settings of the datapath.
export { assertTableSize, DEFAULT_SEED_TEXT, parseSeed } from '@lbx/maglev';
export {
  type Catalog,
  catalog,
  ciliumPins,
  isMapName,
  LAYOUT_VERSION,
  type MapEntry,
  type MapKey,
  type MapName,
  type MapValue,
  type PinPlace,
  pinPath,
  type ServiceMapName,
  serviceCatalog,
} from './catalog.ts';
export { checkLayouts, diffLayouts } from './check/check-layouts.ts';
export { diffLayout } from './check/diff-layout.ts';
export type { ObjectLayout, ObjectMap, ObjectMember, ObjectStruct } from './check/object-layout.ts';
export { type Batch, createBatch, decodeEntries } from './codec/batch.ts';
export { bits } from './codec/bits.ts';
export { bytes, mac, pad, parseHex, toHex } from './codec/bytes.ts';
export {
  type Branded,
  type ByteOrder,
  type Codec,
  type Field,
  type FieldSpec,
  field,
  type Pad,
  type Text,
  type TypeOf,
  type ValueNames,
} from './codec/field.ts';
export { be16, be32, bit0, u8, u16, u32, u64 } from './codec/integers.ts';
export { ipv4 } from './codec/ipv4.ts';
export { formatIpv4Number, parseIpv4Number } from './codec/ipv4-text.ts';
export { ipv6 } from './codec/ipv6.ts';
export { padTo } from './codec/pad-to.ts';
export { type FieldInfo, type Struct, type StructOptions, scalar, struct } from './codec/struct.ts';
export { byKey, plainValue, type ValueCodec } from './codec/value-codec.ts';
export { variants } from './codec/variants.ts';
export { describe } from './describe/describe.ts';
export { mapsDocument } from './describe/maps-document.ts';
export { diffLines, entryDiffLines, percent } from './diff/diff-lines.ts';
export {
  type BackendDiff,
  type DiffOptions,
  type DiffSource,
  diffStates,
  type FrontendDiff,
  type StateDiff,
  type TableDiff,
  type TableShares,
} from './diff/diff-states.ts';
export type { ChangeKind, EntryDiff, FieldChange } from './diff/entry-diff.ts';
export type { FieldValue } from './diff/named-entry.ts';
export { optionsIn } from './diff/options-in.ts';
export { type DumpEntry, type DumpOptions, type DumpSource, dump } from './dump/dump.ts';
export { type ParseDumpOptions, parseDump } from './dump/parse-dump.ts';
export { FieldError, LayoutMismatchError, MapsError, type MapsErrorCode } from './errors.ts';
export { explain } from './explain/explain.ts';
export type {
  ExplainedBackend,
  ExplainOptions,
  Explanation,
  ExplanationCode,
  ExplanationStep,
  Flow,
  Verdict,
} from './explain/explanation.ts';
export type {
  Confidence,
  ConfidenceCode,
  ConfidenceLevel,
  ConfidenceReason,
} from './explain/live/confidence.ts';
export type { EstablishedFlow, FlowPhase } from './explain/live/established-flow.ts';
export { explainLive, type LiveExplanation, type LiveOptions } from './explain/live/explain-live.ts';
export type {
  FlowClock,
  FlowSourceName,
  FlowSources,
  LiveState,
  ReadableTable,
} from './explain/live/live-state.ts';
export type { ExplainSource } from './explain/trace.ts';
export {
  BackendMetaFlag,
  generationAdded,
  generationRemoved,
  LbxBackendMeta,
  LbxBackendMetaKey,
} from './flow/backend-meta.ts';
export { LbxCounter, LbxCounterIndex } from './flow/counters.ts';
export {
  EVENT_LISTENERS,
  EventDirection,
  Hook,
  LbxEvent,
  LbxEventListener,
  LbxEventListenerKey,
  LbxEventRule,
  LbxEventRuleKey,
  LbxEventServiceKey,
  LbxEventStats,
  LbxEventStatsKey,
} from './flow/event.ts';
export { type FlowMapName, flowCatalog } from './flow/flow-catalog.ts';
export { FLOW_SECRET_WORDS, type FlowPlace, flowPlace } from './flow/flow-place.ts';
export {
  FLOW_WAYS,
  type FlowSet,
  type FlowSetShape,
  flowSecretElement,
  flowSecretOf,
  flowSet4,
  flowSet6,
  flowSetElements,
  readFlowSet,
} from './flow/flow-set.ts';
export { LbxFlow4Bucket, LbxFlowSetIndex } from './flow/flow-set4.ts';
export { LbxFlow6Bucket } from './flow/flow-set6.ts';
export { FlowDirection, FlowFlag, LbxFlow4, LbxFlow4Key } from './flow/flow4.ts';
export { LbxFlow6, LbxFlow6Key } from './flow/flow6.ts';
export {
  type LbxFragment,
  LbxFragment4,
  LbxFragment4Key,
  LbxFragment6,
  LbxFragment6Key,
} from './flow/fragments.ts';
export { FrontendMetaFlag, LbxFrontendMeta, LbxFrontendMetaKey } from './flow/frontend-meta.ts';
export {
  createGate,
  GATE_BACKEND,
  type Gate,
  gateHash,
  gateHash4,
  gateHash6,
  LbxGateIndex,
  LbxGateWord,
} from './flow/gate.ts';
export { LbxPodDevice, LbxPodDeviceValue } from './flow/pod-device.ts';
export { randomSlot4, randomSlot6, type Tuple } from './flow/random-slot.ts';
export { type ReasonAdvice, reasonAdvice } from './flow/reason-advice.ts';
export {
  REASON_COUNT,
  type Reason,
  type ReasonKind,
  type ReasonName,
  reasonOf,
  reasons,
} from './flow/reasons.ts';
export { LbxRev4, LbxRev4Bucket, LbxRev4Index, REV_WAYS } from './flow/rev4.ts';
export { LbxRev6, LbxRev6Bucket } from './flow/rev6.ts';
export { LbxBackendHop, LbxBackendHopKey, LbxRoute, LbxRouteIndex } from './flow/route.ts';
export { snatPrime } from './flow/snat-prime.ts';
export { LbxSockOrigin, LbxSockOriginKey, LbxStaleSocket } from './flow/sock-origin.ts';
export { LbxBackendTrafficKey, LbxFrontendTrafficKey, LbxTraffic } from './flow/traffic.ts';
export { LbxVlanDevice, LbxVlanKey } from './flow/vlan.ts';
export { IdMap } from './ids/id-map.ts';
export { IdSpace, type IdSpaceOptions, IdsExhaustedError } from './ids/id-space.ts';
export { createIds, type Ids, type IdsOptions } from './ids/ids.ts';
export { releaseIds } from './ids/release-ids.ts';
export { restoreIds } from './ids/restore-ids.ts';
export { LbActKey, LbActValue, LbFctValue } from './layouts/activity.ts';
export {
  Lb4AffinityKey,
  Lb6AffinityKey,
  LbAffinityMatch,
  LbAffinityVal,
  Present,
} from './layouts/affinity.ts';
export { BackendKey, HealthKey, Lb4Backend, Lb6Backend } from './layouts/backend.ts';
export { CtEntry, CtServiceEntry, Ipv4CtTuple, Ipv6CtTuple } from './layouts/conntrack.ts';
export {
  EndpointInfo,
  EndpointKey,
  IpcacheFlag,
  IpcacheKey,
  RemoteEndpointInfo,
} from './layouts/endpoint.ts';
export { FragL4Ports, Ipv4FragId, Ipv6FragId } from './layouts/fragment.ts';
export { type BackendId, backendId, type RevNatId, revNatId } from './layouts/ids.ts';
export { decodeLookupTable, encodeLookupTable, MaglevInnerKey, MaglevInnerRef } from './layouts/maglev.ts';
export { lookupTableDigest, maglevShares } from './layouts/maglev-text.ts';
export {
  type AnyLayout,
  type KeyOf,
  type LayoutOptions,
  MapFlag,
  type MapLayout,
  type MapType,
  mapLayout,
  type ValueOf,
} from './layouts/map-layout.ts';
export { MetricsKey, MetricsValue } from './layouts/metrics.ts';
export {
  Algorithm,
  BackendStateByte,
  CtFlag,
  IpProto,
  Scope,
  ServiceFlag,
  ServiceFlag2,
  TupleFlag,
} from './layouts/names.ts';
export { Macaddr, Neigh4Key, Neigh6Key } from './layouts/neighbour.ts';
export {
  Ipv4RevnatEntry,
  Ipv4RevnatTuple,
  Ipv6RevnatEntry,
  Ipv6RevnatTuple,
  Lb4ReverseNat,
  Lb6ReverseNat,
  RevNatKey,
} from './layouts/reverse-nat.ts';
export {
  Lb4Frontend,
  Lb4Key,
  Lb4ProxyFrontend,
  Lb4Slot,
  Lb6Frontend,
  Lb6Key,
  Lb6ProxyFrontend,
  Lb6Slot,
  type ServiceValue,
} from './layouts/service.ts';
export { SkipLb4Key, SkipLb6Key } from './layouts/skip.ts';
export { AllocRetriesCount, AllocRetriesKey, Ipv4NatEntry, Ipv6NatEntry } from './layouts/snat.ts';
export { Lb4SrcRangeKey, Lb6SrcRangeKey, SOURCE_RANGE_STATIC_BITS } from './layouts/source-range.ts';
export { type Family, readAddress } from './model/address.ts';
export type { Backend, BackendState } from './model/backend.ts';
export { checkBackend, checkBackends, checkFrontend, MAX_AFFINITY_SECONDS } from './model/check-frontend.ts';
export { type Endpoint, endpointName, hostPort, readEndpoint } from './model/endpoint-name.ts';
export type { Frontend, FrontendType, Scope as FrontendScope } from './model/frontend.ts';
export { frontendsOf } from './model/frontends-of.ts';
export { type ParseServiceOptions, parseServiceSpec, readServiceSpec } from './model/parse-service-spec.ts';
export { type Protocol, parseProtocol, protocolName, protocolNumbers } from './model/protocol.ts';
export { ServiceError, type ServiceErrorCode } from './model/service-error.ts';
export type { FrontendSpec, ProxyRedirect, ServiceSpec } from './model/service-spec.ts';
export { nearestName } from './options/nearest-name.ts';
export { type BadOption, badOption, type OptionKind, type OptionShape } from './options/option-shape.ts';
export { type Clock, createClock } from './packet/clock.ts';
export { explainPacket, type PacketOptions, type PacketState } from './packet/explain-packet.ts';
export {
  createFlowState,
  type FlowBackend,
  type FlowHalf,
  type FlowState,
  type FlowTuple,
  type Link,
  type RemoteReply,
  type RequestHalf,
} from './packet/flow-state.ts';
export type { PacketEnd } from './packet/packet.ts';
export type { AskRoute, RouteAnswer } from './packet/routes.ts';
export type { BackendMeta, PacketHook, PacketOutcome, PacketVerdict } from './packet/run.ts';
export { defaultPacketSettings, type PacketSettings } from './packet/settings.ts';
export { type ApplyFailure, type ApplyResult, applyOps, MapWriteError } from './plan/apply-ops.ts';
export { type CarryOutOptions, carryOut } from './plan/carry-out.ts';
export { allChanges, type PlanOptions, unwantedIn } from './plan/change.ts';
export { IdConflictError } from './plan/id-conflict.ts';
export { createInheritance, type Inheritance, nothingUnread, type Unread } from './plan/inheritance.ts';
export { type Difference, type Found, noteActual } from './plan/note-actual.ts';
export type { Op } from './plan/op.ts';
export { plan, planChanges } from './plan/plan.ts';
export { planBeside } from './plan/plan-beside.ts';
export { readSnapshot, type Snapshot } from './plan/snapshot.ts';
export { isSharedWorkLeft, unsettled } from './plan/unsettled.ts';
export type { WriteCount } from './plan/write-counts.ts';
export { createWritten, type Written, type WrittenFrontend } from './plan/written.ts';
export { type Entry, entryId, sameEntry } from './project/entry.ts';
export { backendIdOf, isBackend, isReverseNat } from './project/entry-kinds.ts';
export type { SlotsOf } from './project/entry-maker.ts';
export {
  type Forecast,
  type ForecastOptions,
  forecast,
  type IdForecast,
  type MaglevForecast,
  type MapForecast,
} from './project/forecast.ts';
export type { FrontendEntries } from './project/frontend-entries.ts';
export { type MapFullDetail, MapFullError, type SizeKnobs } from './project/map-full-error.ts';
export { type MapShape, mapMemory, tableMemory } from './project/map-memory.ts';
export type { ProjectOptions } from './project/options.ts';
export { byService, project } from './project/project.ts';
export { projectOnto } from './project/project-onto.ts';
export { ownEntries, type Projection, type Refusal } from './project/projection.ts';
export { mergeChanges, noChanges, type ProjectionChanges } from './project/projection-changes.ts';
export { createProjector, type Projector, type ProjectorContext } from './project/projector.ts';
export { shortages } from './project/shortages.ts';
export { type ProjectVerification, verifyProject } from './project/verify-project.ts';
export { failFrom, failNth } from './tables/fail-nth.ts';
export { createMemoryPerCpuTable, createMemoryTable } from './tables/memory-table.ts';
export type { FailOn, MemoryTableOptions, TableCall } from './tables/memory-table-options.ts';
export { createMemoryTables, type MemoryTablesOptions, type Tables } from './tables/memory-tables.ts';
export type { AnyTable, Table, UpdateFlag } from './tables/table.ts';
export { TableError, type TableErrorCode, type TableErrorDetail } from './tables/table-error.ts';
export { type MapVector, parseMapVectors } from './verify/vector.ts';
export { type MapDifference, type MapsVerification, verifyMaps } from './verify/verify-maps.ts';
export { type BackendChange, changeBackends } from './what-if/change-backends.ts';
export { frontendsIn } from './what-if/frontends-in.ts';
export {
  type EntryChange,
  type FlowChange,
  type WhatIf,
  type WhatIfOptions,
  type WhatIfSide,
  whatIf,
} from './what-if/what-if.ts';
