/**
 * For tests of what uses `@lbx/core`: a load balancer whose maps are in memory, and places of a test's own in the kernel.
 *
 * @packageDocumentation
 */
export * from '@lbx/testing/places';
export {
  createMemoryLoadBalancer,
  type MemoryLoadBalancer,
  type MemoryLoadBalancerOptions,
} from './memory-load-balancer.ts';
