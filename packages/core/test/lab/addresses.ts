/**
 * The lab: a client, two nodes and a switch. 192.0.2.0/24 and 2001:db8:1::/64 are the switch's network; services are
 * routed to node 1, and each node routes its pods. A second cable joins the nodes: node 1 reaches the second pod of node
 * 2 by it, so that what comes by one device leaves by another; answers take the switch.
 */
export interface FamilyAddresses {
  /** Of the client; the second is another client's as far as services can tell. */
  readonly clients: readonly [string, string];
  /** Of node 1: the first is its SNAT address; it has NodePorts on both. */
  readonly node: readonly [string, string];
  /** Node 2. */
  readonly peer: string;
  /** The network that all of these are in. */
  readonly network: string;
  /** Ends of the second cable: of node 1, of node 2. */
  readonly link: readonly [string, string];
  readonly linkNetwork: string;
  /** Pods on node 1 and on node 2, and the nodes' ends of the pods' cables. */
  readonly local: Pods;
  readonly remote: Pods;
  /** Routed to node 1 by the client. */
  readonly services: string;
  readonly clusterIp: string;
  readonly loadBalancer: string;
  readonly externalIp: string;
}

export interface Pods {
  readonly prefix: string;
  readonly gateway: string;
  readonly pods: readonly [string, string];
}

export type Family = 4 | 6;

export const families: Readonly<Record<Family, FamilyAddresses>> = {
  4: {
    clients: ['192.0.2.10', '192.0.2.11'],
    node: ['192.0.2.1', '192.0.2.3'],
    peer: '192.0.2.2',
    network: '192.0.2.0/24',
    link: ['198.51.100.129', '198.51.100.130'],
    linkNetwork: '198.51.100.128/30',
    local: { prefix: '203.0.113.16/28', gateway: '203.0.113.30', pods: ['203.0.113.17', '203.0.113.18'] },
    remote: { prefix: '203.0.113.32/28', gateway: '203.0.113.46', pods: ['203.0.113.33', '203.0.113.34'] },
    services: '198.51.100.0/25',
    clusterIp: '198.51.100.10',
    loadBalancer: '198.51.100.20',
    externalIp: '198.51.100.30',
  },
  6: {
    clients: ['2001:db8:1::10', '2001:db8:1::11'],
    node: ['2001:db8:1::1', '2001:db8:1::3'],
    peer: '2001:db8:1::2',
    network: '2001:db8:1::/64',
    link: ['2001:db8:2::1', '2001:db8:2::2'],
    linkNetwork: '2001:db8:2::/64',
    local: {
      prefix: '2001:db8:11::/64',
      gateway: '2001:db8:11::1',
      pods: ['2001:db8:11::17', '2001:db8:11::18'],
    },
    remote: {
      prefix: '2001:db8:12::/64',
      gateway: '2001:db8:12::1',
      pods: ['2001:db8:12::17', '2001:db8:12::18'],
    },
    services: '2001:db8:ff::/64',
    clusterIp: '2001:db8:ff::10',
    loadBalancer: '2001:db8:ff::20',
    externalIp: '2001:db8:ff::30',
  },
};

/** Port that every pod listens on, for TCP and UDP. */
export const podPort = 8080;

export const familyOf = (address: string): Family => (address.includes(':') ? 6 : 4);

/** The prefix of one address. */
export const hostPrefix = (address: string) => `${address}/${familyOf(address) === 4 ? 32 : 128}`;

/** `address:port`, with brackets where needed. */
export const endpoint = (address: string, port: number) =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
