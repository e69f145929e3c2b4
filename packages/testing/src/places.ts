/** Network namespaces, cgroups and folders for pins that are a test's own. Part of `@lbx/core/testing`. */
export { type BpffsFolder, createBpffsFolder } from './bpffs.ts';
export { type Cgroup, createCgroup, findCgroup2 } from './cgroup.ts';
export { type CommandPlace, type ExecOptions, execCommand } from './command.ts';
export { TestingError, type TestingErrorCode } from './errors.ts';
export { type KernelFacts, kernelProblem, readKernelFacts } from './kernel-facts.ts';
export { createNetns, type DeviceInfo, type Netns } from './netns.ts';
export { skbContext, xdpContext } from './packet-context.ts';
export { type CapturedFrame, createPacketSocket, type PacketSocket } from './packet-socket.ts';
export type { Resource } from './resource.ts';
export { createVethPair, type VethEnd, type VethOptions } from './veth.ts';
