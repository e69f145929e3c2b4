type Fields = Readonly<Record<string, unknown>>;

/** A Service "default/web" with one TCP port http 80. */
export function service(spec: Fields = {}, metadata: Fields = {}, status?: Fields): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web', ...metadata },
    spec: { clusterIP: '198.51.100.10', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** A slice "default/web-1" of Service web with port http 8080 and endpoints as given. */
export function slice(endpoints: readonly unknown[], metadata: Fields = {}, fields: Fields = {}): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace: 'default',
      name: 'web-1',
      labels: { 'kubernetes.io/service-name': 'web' },
      ...metadata,
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
    ...fields,
  };
}

/** An endpoint that is ready and on node-b. */
export function endpoint(address: string, fields: Fields = {}): object {
  return { addresses: [address], nodeName: 'node-b', ...fields };
}

/** A running Pod "default/web" of node-a at 192.0.2.50 with the given ports of its only container. */
export function pod(
  ports: readonly unknown[],
  metadata: Fields = {},
  spec: Fields = {},
  status: Fields = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'web', ...metadata },
    spec: { nodeName: 'node-a', containers: [{ name: 'web', ports }], ...spec },
    status: { phase: 'Running', podIPs: [{ ip: '192.0.2.50' }], ...status },
  };
}
