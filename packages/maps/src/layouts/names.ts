/** Names of numbers in map entries, for dumps, docs and code that builds entries. */

/** IP protocol numbers; 0 stands for any. */
export const IpProto = { any: 0, ICMP: 1, TCP: 6, UDP: 17, ICMPv6: 58, SCTP: 132 } as const;

/** `scope` of a service key. */
export const Scope = { external: 0, internal: 1 } as const;

/** `flags` of a service entry. A ClusterIP has no type bit. */
export const ServiceFlag = {
  externalIP: 0x01,
  NodePort: 0x02,
  extLocal: 0x04,
  hostPort: 0x08,
  affinity: 0x10,
  LoadBalancer: 0x20,
  routable: 0x40,
  sourceRange: 0x80,
} as const;

/** `flags2` of a service entry. `loopback` (of a hostPort) is `l7Delegate` elsewhere; `deny` is the slot's old `quarantined`. */
export const ServiceFlag2 = {
  localRedirect: 0x01,
  nat46x64: 0x02,
  l7: 0x04,
  loopback: 0x08,
  intLocal: 0x10,
  twoScopes: 0x20,
  deny: 0x40,
  dsr: 0x80,
} as const;

/** `algorithm` in slot 0: 0 is the agent's default, bit 0x80 a custom one. */
export const Algorithm = { default: 0, random: 1, maglev: 2 } as const;

/** `state` of a backend entry; terminating-not-serving is written as terminating too. */
export const BackendStateByte = { active: 0, terminating: 1, quarantined: 2, maintenance: 3 } as const;

/** `flags` of a connection-tracking or NAT tuple. */
export const TupleFlag = { in: 1, related: 2, service: 4 } as const;

/** `flags` of a connection-tracking entry. */
export const CtFlag = {
  rxClosing: 0x001,
  txClosing: 0x002,
  needDsrInfo: 0x004,
  lbLoopback: 0x008,
  seenNonSyn: 0x010,
  nodePort: 0x020,
  proxyRedirect: 0x040,
  dsrInternal: 0x080,
  fromL7lb: 0x100,
  fromTunnel: 0x400,
} as const;
