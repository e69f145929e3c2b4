import { randomUUID } from 'node:crypto';
import type { KubeObject } from './api-client.ts';

/** A pair for the store. */
export interface Stored {
  readonly key: string;
  readonly value: string;
}

const places: Readonly<Record<string, string>> = {
  Service: 'services/specs',
  EndpointSlice: 'endpointslices',
};

/**
 * What the API server would have stored for Services and EndpointSlices that are complete: with an address of its own for
 * each Service, also in the record of the addresses that are taken.
 */
export function storedObjects(objects: readonly KubeObject[]): Stored[] {
  const creationTimestamp = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return objects.flatMap((object): Stored[] => {
    const place = places[object.kind];
    if (place === undefined) throw new Error(`no ${object.kind} can be stored, only ${Object.keys(places)}`);
    const { name, namespace = 'default' } = object.metadata;
    const metadata = { ...object.metadata, namespace, uid: randomUUID(), creationTimestamp };
    const stored = {
      key: `/registry/${place}/${namespace}/${name}`,
      value: JSON.stringify({ ...object, metadata }),
    };
    const { clusterIP } = (object.spec ?? {}) as { clusterIP?: string };
    return clusterIP === undefined
      ? [stored]
      : [stored, takenAddress(clusterIP, { namespace, name, creationTimestamp })];
  });
}

function takenAddress(
  address: string,
  service: { readonly namespace: string; readonly name: string; readonly creationTimestamp: string },
): Stored {
  const { namespace, name, creationTimestamp } = service;
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: address,
      uid: randomUUID(),
      creationTimestamp,
      labels: {
        'ipaddress.kubernetes.io/ip-family': address.includes(':') ? 'IPv6' : 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  };
  return { key: `/registry/ipaddresses/${address}`, value: JSON.stringify(object) };
}
