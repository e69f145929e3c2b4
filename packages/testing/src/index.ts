/**
 * What lbx's own tests share: gates for tests that need the kernel or a cluster, network namespaces, cgroups and
 * bpffs folders of their own, and packets built and taken apart byte by byte.
 *
 * @packageDocumentation
 */
export { clusterProgramsFolder, describeCluster, testCluster } from './cluster-gate.ts';
export { createGate, type Gate, isRequired, type Requirement } from './gate.ts';
export {
  describeKernel,
  type KernelFacts,
  kernelProblem,
  readKernelFacts,
  testKernel,
} from './kernel-gate.ts';
