/**
 * What lbx's own tests share: gates for tests that need the kernel or a cluster, network namespaces, cgroups and
 * bpffs folders of their own, packets built and taken apart byte by byte, and an API server that fails on command.
 *
 * @packageDocumentation
 */
export { type BpffsFolder, createBpffsFolder } from './bpffs.ts';
export { type Cgroup, createCgroup, findCgroup2 } from './cgroup.ts';
export type { ApiClient, KubeObject } from './cluster/api-client.ts';
export {
  type ApiServer,
  type ApiServerOptions,
  type ProxiedAccess,
  startApiServer,
} from './cluster/api-server.ts';
export { type ClusterPrograms, type EtcdProgram, findClusterPrograms } from './cluster/cluster-programs.ts';
export { createTcpProxy, type TcpProxy } from './cluster/tcp-proxy.ts';
export { describeCluster, testCluster } from './cluster-gate.ts';
export { type CommandPlace, type ExecOptions, execCommand } from './command.ts';
export { TestingError, type TestingErrorCode } from './errors.ts';
export type { StreamingLists } from './fake-api-server/begin-watch.ts';
export {
  createFakeApiServer,
  type FakeApiServer,
  type FakeApiServerOptions,
} from './fake-api-server/fake-api-server.ts';
export type { ActiveFault, FakeAnswer, FakeFault } from './fake-api-server/fake-fault.ts';
export type { FakeObject } from './fake-api-server/fake-object.ts';
export type { FakeRequest } from './fake-api-server/fake-request.ts';
export type { FakeResource } from './fake-api-server/fake-resource.ts';
export type { FakeWatch } from './fake-api-server/fake-watch.ts';
export { type Certificate, selfSignedCertificate } from './fake-api-server/self-signed-certificate.ts';
export { createGate, type Gate, isRequired, type Requirement, type Runner } from './gate.ts';
export {
  describeKernel,
  type KernelFacts,
  kernelProblem,
  readKernelFacts,
  testKernel,
} from './kernel-gate.ts';
export { createNetns, type DeviceInfo, type Netns } from './netns.ts';
export {
  formatIpv4,
  formatIpv6,
  formatMac,
  parseIpv4,
  parseIpv6,
  parseMac,
} from './packet/address.ts';
export { internetChecksum, type PseudoHeader, segmentChecksum } from './packet/checksum.ts';
export { crc32c } from './packet/crc32c.ts';
export {
  type DsrService,
  dsrOption4,
  dsrOption6,
  readDsrOption4,
  readDsrOption6,
} from './packet/dsr-option.ts';
export type { Eth, Vlan } from './packet/ethernet.ts';
export { fragmentPacket } from './packet/fragment-packet.ts';
export type { Icmp, IcmpFields } from './packet/icmp.ts';
export type { Ipv4 } from './packet/ipv4.ts';
export type { Ipv6, Ipv6Extension } from './packet/ipv6.ts';
export { eth, ipPart, ipv4, ipv6, type PacketBuilder } from './packet/packet-builder.ts';
export { type ParsedIp, type ParsedPacket, parsePacket } from './packet/parse-packet.ts';
export { createRandom, type Random } from './packet/random.ts';
export type { Sctp } from './packet/sctp.ts';
export { spoilFrame } from './packet/spoil-frame.ts';
export type { Tcp, TcpFlag } from './packet/tcp.ts';
export type { Udp } from './packet/udp.ts';
export { type CapturedFrame, createPacketSocket, type PacketSocket } from './packet-socket.ts';
export type { Resource } from './resource.ts';
export { createVethPair, type VethEnd, type VethOptions } from './veth.ts';
