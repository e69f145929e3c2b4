/**
 * libbpf for Node: load BPF objects, use their maps, run and attach their programs.
 *
 * @packageDocumentation
 */
export {
  BatchError,
  BpfError,
  type BpfErrorFields,
  LibbpfError,
  type LibbpfErrorCode,
  LoadError,
  type LoadStage,
  MapMismatchError,
  NotSupportedError,
  VerifierError,
} from './errors.ts';
export { features } from './features/features.ts';
export type { CgroupOptions } from './link/attach-cgroup.ts';
export type { IterOptions } from './link/attach-iter.ts';
export type { TcOptions } from './link/attach-tc.ts';
export type { TcDirection } from './link/attach-tcx.ts';
export type { XdpOptions } from './link/attach-xdp.ts';
export { type AttachedProgram, queryCgroup, queryTcx } from './link/attached-programs.ts';
export { inNetns } from './link/in-netns.ts';
export { Link, type LinkedProgram } from './link/link.ts';
export type { LinkInfo, LinkKind } from './link/link-info.ts';
export { type LinkFilter, listLinks } from './link/list-links.ts';
export { findInterface, type NetworkInterface } from './link/network-interface.ts';
export { readIterator } from './link/read-iterator.ts';
export { queryTcFilters, type TcFilter } from './link/tc-filters.ts';
export { TcNetlinkLink } from './link/tc-netlink-link.ts';
export { queryXdp, type XdpMode, type XdpProgram } from './link/xdp-query.ts';
export { BoundEntry, type UpdateFlag } from './map/bound-entry.ts';
export { BpfMap, type OpenMapOptions } from './map/map.ts';
export type { EntryBatch } from './map/map-batch.ts';
export type { MapBtf } from './map/map-btf.ts';
export type { NewMap } from './map/map-create.ts';
export { mapDifferences } from './map/map-differences.ts';
export type { MapInfo } from './map/map-info.ts';
export { BPF_F_MMAPABLE } from './map/map-memory.ts';
export { type MapCodec, TypedMap } from './map/typed-map.ts';
export { type MapType, mapTypes } from './map-type.ts';
export { destroySocket, type SocketName } from './network/destroy-socket.ts';
export { type Channels, type DriverInfo, readDriverInfo } from './network/ethtool.ts';
export {
  listIptablesChains,
  listNftablesChains,
  type NetfilterChain,
} from './network/netfilter-chains.ts';
export { Network } from './network/network.ts';
export type { NetworkAddress } from './network/network-address.ts';
export type { NetworkDevice } from './network/network-device.ts';
export { queryXdpFeatures, type XdpFeature } from './network/xdp-features.ts';
export { BpfObject } from './object/bpf-object.ts';
export { load } from './object/load.ts';
export type { LoadOptions, MapOptions, ProgramOptions } from './object/load-options.ts';
export { Variable } from './object/variable.ts';
export type { VariableValue } from './object/variable-bytes.ts';
export { BpfProgram, type ProgramOrigin } from './program/program.ts';
export type { ProgramInfo } from './program/program-info.ts';
export { enableRunStatistics, RunStatistics } from './program/run-statistics.ts';
export type { TestRunInput, TestRunResult } from './program/test-run.ts';
export { type AttachType, attachTypes, type ProgramType, programTypes } from './program-type.ts';
export { RingBuffer, type RingBufferOptions } from './ringbuf/ring-buffer.ts';
export type { MapSpec } from './spec/map-spec.ts';
export type { ObjectSpec } from './spec/object-spec.ts';
export { parseObject } from './spec/parse-object.ts';
export type { ProgramSpec } from './spec/program-spec.ts';
export type { VariableSpec } from './spec/variable-spec.ts';
export { type Capability, isInUserNamespace, missingCapabilities } from './sys/capabilities.ts';
export { FileLock } from './sys/file-lock.ts';
export { type LibbpfLibrary, libbpfLibrary } from './sys/libbpf-library.ts';
export { netnsCookie } from './sys/netns-cookie.ts';
export { possibleCpus } from './sys/possible-cpus.ts';
