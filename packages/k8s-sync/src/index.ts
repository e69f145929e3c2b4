export {
  ApiServerError,
  BadManifestError,
  BadObjectError,
  BadOptionError,
  DuplicateManifestError,
  DuplicateObjectError,
  FrontendConflictError,
  KubeconfigError,
  ListenerError,
  ManifestFolderError,
  RecordingError,
  SourceStateError,
  SyncError,
  type SyncErrorCode,
} from './errors.ts';
export { HealthPortError } from './health/health-error.ts';
export {
  createHealthServers,
  type HealthServers,
  type HealthServersOptions,
} from './health/health-servers.ts';
export type { NodeObject } from './objects/node-object.ts';
export type { ServicePortState } from './semantics/frontends.ts';
export type { HealthCheck } from './semantics/health-checks.ts';
export type { Endpoint } from './semantics/merge-endpoints.ts';
export type { NodePortAddresses } from './semantics/node-port-addresses.ts';
export type { ServicePort } from './semantics/service-ports.ts';
export { type FrontendKind, type Verdict, type VerdictOptions, verdictFor } from './semantics/verdict.ts';
export type { BackoffOptions } from './sources/cluster/backoff.ts';
export type { ClusterAccess } from './sources/cluster/cluster-connection.ts';
export {
  type ClusterSource,
  type ClusterSourceOptions,
  type ClusterSourceStatus,
  clusterSource,
} from './sources/cluster/cluster-source.ts';
export type { FollowOptions } from './sources/cluster/follow-settings.ts';
export type { KindStatus } from './sources/cluster/kind-status.ts';
export type {
  ClusterProbe,
  ClusterRight,
  ProbedNode,
  ProbeFailure,
  ProbeStep,
} from './sources/cluster/probe/cluster-probe.ts';
export { type ProbeClusterOptions, probeCluster } from './sources/cluster/probe/probe-cluster.ts';
export {
  type ManifestSourceOptions,
  type MoreObjects,
  manifestSource,
} from './sources/manifests/manifest-source.ts';
export { type Manifest, type ManifestObject, parseManifest } from './sources/manifests/parse-manifest.ts';
export { mergeSources } from './sources/merge/merge-sources.ts';
export { type CallSource, objectSource } from './sources/object-source.ts';
export { readTextFile } from './sources/read-text-file.ts';
export { recordSource } from './sources/recording/record-source.ts';
export {
  type ReplaySource,
  type ReplaySourceOptions,
  replaySource,
} from './sources/recording/replay-source.ts';
export type {
  KubernetesKind,
  ObjectKind,
  ObjectSource,
  SourceEvent,
  SourceListener,
} from './sources/source-event.ts';
export type { SourceStatus } from './sources/source-status.ts';
export type { NeverRead } from './translate/never-read.ts';
export type { IgnoredObject, Translation } from './translate/translation.ts';
export {
  createTranslator,
  type Translator,
  type TranslatorOptions,
  type TranslatorWork,
} from './translate/translator.ts';
export { type KubeProxyReport, verifyKubeProxy } from './verify/verify-kube-proxy.ts';
