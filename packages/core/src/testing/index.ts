/**
 * For tests of what uses `@lbx/core`: a load balancer whose maps are in memory, and places of a test's own in the kernel,
 * and frames run through programs there.
 *
 * @packageDocumentation
 */
export * from '@lbx/testing/places';
export {
  createMemoryLoadBalancer,
  type MemoryLoadBalancer,
  type MemoryLoadBalancerOptions,
} from './memory-load-balancer.ts';
export {
  type PacketHook,
  type PacketOutcome,
  type PacketVerdict,
  type RunPacketOptions,
  runPacket,
} from './run-packet.ts';
