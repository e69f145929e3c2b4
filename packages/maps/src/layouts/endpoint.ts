import { mac, pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u8, u16, u32 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { padTo } from '../codec/pad-to.ts';
import { type Struct, struct } from '../codec/struct.ts';
import { variants } from '../codec/variants.ts';
import { MapFlag, mapLayout } from './map-layout.ts';

// Cilium 1.20.2: endpoint_key, endpoint_info, ipcache_key, remote_endpoint_info. To read an installed Cilium.

const IPV4 = 1;
const family = u8.doc('1 IPv4, 2 IPv6');
const is4 = (value: { readonly family: number }) => value.family === IPV4;

const endpointTail = {
  family,
  key: u8.doc('Encryption key, 0 in keys of this map'),
  clusterId: u16.doc('Cluster'),
};
const endpoint4 = struct('endpoint_key', {
  ip4: padTo(ipv4, 16).doc('Address (family 1)'),
  ...endpointTail,
});
const endpoint6 = struct('endpoint_key', { ip6: ipv6.doc('Address (family 2)'), ...endpointTail });
export const EndpointKey = variants(endpoint4, endpoint6, {
  isFirst: is4,
  holdsFirst: (view, at) => view.getUint8(at + 16) === IPV4,
});
export type EndpointKey = TypeOf<typeof EndpointKey>;

export const EndpointInfo = struct('endpoint_info', {
  ifindex: u32.doc('Interface of the endpoint'),
  unused: pad(2),
  lxcId: u16.doc('Endpoint id'),
  flags: u32.doc('1 host and other properties'),
  rtInfo: u32.doc('Routing properties'),
  mac: padTo(mac, 8).as('__u64').doc('MAC address of the endpoint'),
  nodeMac: padTo(mac, 8).as('__u64').doc('MAC address of the node side'),
  secId: u32.doc('Identity'),
  parentIfindex: u32.doc('Interface that the endpoint hangs on'),
  pad: pad(8),
});
export type EndpointInfo = TypeOf<typeof EndpointInfo>;

const ipcacheHead = {
  prefixlen: u32.doc('32 (cluster, pad and family) plus the length of the prefix'),
  clusterId: u16.doc('Cluster'),
  pad1: pad(1),
  family,
};
const ipcache4 = struct('ipcache_key', { ...ipcacheHead, ip4: padTo(ipv4, 16).doc('Address (family 1)') });
const ipcache6 = struct('ipcache_key', { ...ipcacheHead, ip6: ipv6.doc('Address (family 2)') });
export const IpcacheKey = variants(ipcache4, ipcache6, {
  isFirst: is4,
  holdsFirst: (view, at) => view.getUint8(at + 7) === IPV4,
});
export type IpcacheKey = TypeOf<typeof IpcacheKey>;

/** `flags` of an ipcache entry. */
export const IpcacheFlag = { skipTunnel: 1, hasTunnel: 2, tunnel6: 4, remoteCluster: 8 } as const;
const infoTail = {
  pad: pad(2),
  key: u8.doc('Encryption key'),
  flags: u8.flags(IpcacheFlag).doc('Flags'),
};
const secIdentity = u32.doc('Identity');
const info4 = struct('remote_endpoint_info', {
  secIdentity,
  tunnelEndpoint: padTo(ipv4, 16).as('union v6addr').doc('Tunnel endpoint'),
  ...infoTail,
});
const info6 = struct('remote_endpoint_info', {
  secIdentity,
  tunnelEndpoint: ipv6.doc('Tunnel endpoint'),
  ...infoTail,
});
type Info = TypeOf<typeof info4>;
export const RemoteEndpointInfo = variants(info6 as Struct<Info>, info4, {
  isFirst: (value) => (value.flags & IpcacheFlag.tunnel6) !== 0,
  holdsFirst: (view, at) => (view.getUint8(at + 23) & IpcacheFlag.tunnel6) !== 0,
});
export type RemoteEndpointInfo = Info;

const flags = MapFlag.noPrealloc | MapFlag.readonlyProg;
export const lxc = mapLayout('hash', 'lxc', EndpointKey, EndpointInfo, {
  flags,
  doc: 'Local endpoints by address',
});
export const ipcache = mapLayout('lpm_trie', 'ipcache_v2', IpcacheKey, RemoteEndpointInfo, {
  maxEntries: 512000,
  flags,
  doc: 'Identity and tunnel endpoint of addresses',
});
