/**
 * What lbx's own tests share: gates for tests that need the kernel or a cluster, network namespaces, cgroups and
 * bpffs folders of their own, and packets built and taken apart byte by byte.
 *
 * @packageDocumentation
 */
export { type BpffsFolder, createBpffsFolder } from './bpffs.ts';
export { type Cgroup, createCgroup, findCgroup2 } from './cgroup.ts';
export { clusterProgramsFolder, describeCluster, testCluster } from './cluster-gate.ts';
export { type CommandPlace, type ExecOptions, execCommand } from './command.ts';
export { TestingError, type TestingErrorCode } from './errors.ts';
export { createGate, type Gate, isRequired, type Requirement } from './gate.ts';
export {
  describeKernel,
  type KernelFacts,
  kernelProblem,
  readKernelFacts,
  testKernel,
} from './kernel-gate.ts';
export { createNetns, type DeviceInfo, type Netns } from './netns.ts';
export type { Resource } from './resource.ts';
export { createVethPair, type VethEnd, type VethOptions } from './veth.ts';
