/**
 * What lbx's own tests share: gates for tests that need the kernel or a cluster, network namespaces, cgroups and
 * bpffs folders of their own, packets built and taken apart byte by byte, and an API server that fails on command.
 * What others can use too is published: `./packet` in `@lbx/maps/testing`, `./fake-api-server` in
 * `@lbx/k8s-sync/testing`, `./places` in `@lbx/core/testing`.
 *
 * @packageDocumentation
 */
export type { ApiClient, KubeObject } from './cluster/api-client.ts';
export {
  type ApiServer,
  type ApiServerOptions,
  type ProxiedAccess,
  startApiServer,
} from './cluster/api-server.ts';
export { type ClusterPrograms, type EtcdProgram, findClusterPrograms } from './cluster/cluster-programs.ts';
export { freePorts } from './cluster/free-ports.ts';
export { createTcpProxy, type TcpProxy } from './cluster/tcp-proxy.ts';
export { describeCluster, describeKubectl, testCluster } from './cluster-gate.ts';
export * from './fake-api-server/index.ts';
export { createGate, type Gate, isRequired, type Requirement, type Runner } from './gate.ts';
export { describeKernel, testKernel } from './kernel-gate.ts';
export * from './packet/index.ts';
export * from './places.ts';
export { randomRuns } from './random-runs.ts';
