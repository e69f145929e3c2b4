import type { Backend, FrontendSpec, ServiceSpec } from '@lbx/maps';
import { type Family, families, podPort } from './addresses.ts';

/** Which backends a service has, and its traffic policy. */
export type Behind =
  /** Cluster; all on node 2. */
  | 'remote'
  /** Cluster; on both nodes. */
  | 'spread'
  /** Local; on both nodes. */
  | 'local';

const ports: Readonly<Record<Behind, number>> = { remote: 80, spread: 81, local: 82 };

/** Where clients ask for a service. */
export const frontendTypes = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalIP', 'HostPort'] as const;
export type FrontendType = (typeof frontendTypes)[number];

/** Addresses and port of a frontend of the service of that family and kind. */
export function placesOf(
  type: FrontendType,
  family: Family,
  behind: Behind,
): { addresses: readonly string[]; port: number } {
  const { clusterIp, loadBalancer, externalIp, node } = families[family];
  const port = ports[behind];
  switch (type) {
    case 'ClusterIP':
      return { addresses: [clusterIp], port };
    case 'LoadBalancer':
      return { addresses: [loadBalancer], port };
    case 'ExternalIP':
      return { addresses: [externalIp], port };
    case 'NodePort':
      return { addresses: node, port: 30_000 + port };
    case 'HostPort':
      return { addresses: node, port: 8_000 + port };
  }
}

/** Pods as backends, as a node sees them. */
export function podsOf(family: Family, behind: Behind, node: 1 | 2): Backend[] {
  const { local, remote } = families[family];
  const backends = (pods: readonly string[], of: 1 | 2) =>
    pods.flatMap((address) =>
      (['TCP', 'UDP'] as const).map(
        (protocol): Backend => ({ address, port: podPort, protocol, node: of === node ? 'local' : 'other' }),
      ),
    );
  return [...(behind === 'remote' ? [] : backends(local.pods, 1)), ...backends(remote.pods, 2)];
}

/** All services of a family as a node sees them. */
export function servicesOf(family: Family, node: 1 | 2): ServiceSpec[] {
  const everywhere = family === 4 ? '0.0.0.0' : '::';
  const frontend = (type: FrontendType, behind: Behind) =>
    (['TCP', 'UDP'] as const).flatMap((protocol): FrontendSpec[] => {
      const { addresses, port } = placesOf(type, family, behind);
      const address = type === 'NodePort' || type === 'HostPort' ? everywhere : addresses[0]!;
      const spec = { address, port, protocol, type };
      // A Local policy of outside is not for processes of the node.
      return behind === 'local' && type !== 'HostPort' ? [spec, { ...spec, scope: 'internal' }] : [spec];
    });
  const services = (Object.keys(ports) as Behind[]).map(
    (behind): ServiceSpec => ({
      name: `lab/${behind}-${family}`,
      extLocal: behind === 'local',
      frontends: frontendTypes
        .filter((type) => type !== 'HostPort' && (behind !== 'local' || type !== 'ClusterIP'))
        .flatMap((type) => frontend(type, behind)),
      backends: podsOf(family, behind, node),
    }),
  );
  if (node === 2) return services;
  // A host port belongs to pods of its own node.
  const host: ServiceSpec = {
    name: `lab/host-${family}`,
    frontends: frontend('HostPort', 'local'),
    backends: podsOf(family, 'local', node).filter((backend) => backend.node === 'local'),
  };
  return [...services, host];
}
