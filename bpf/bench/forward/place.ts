/** Two namespaces and one cable: everything that reaches the node comes by it, and leaves by it again. */
export const place = {
  device: 'eth0',
  node: '192.0.2.1',
  nodeMac: '02:00:00:00:02:01',
  /** The other end: clients and backends alike. */
  lan: '192.0.2.2',
  lanMac: '02:00:00:00:02:02',
  /** Routed by way of `lan`: the frames' clients, and all backends. */
  clients: '198.51.100.0/24',
  backends: '203.0.113.0/24',
  /** ClusterIP of the service that real sockets use. */
  clusterIp: '198.51.100.1',
} as const;

/** NodePorts of services, one after the other, and ports that neither they nor SNAT may be given to. */
export const ports = {
  service: 30000,
  range: [30000, 39999],
  snat: [40000, 65535],
  ephemeral: [10000, 29999],
  backend: 8080,
  /** Of the server and the NodePort that real sockets use. */
  server: 9000,
  real: 39_999,
} as const;
