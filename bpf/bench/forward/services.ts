import type { Backend, Protocol, ServiceSpec } from '@lbx/maps';
import { place, ports } from './place.ts';

const BACKENDS_EACH = 10;
/** Services share backends when there are more: for TCP and UDP together a node has room for 65,535. */
const POOL = 25_000;
const ADDRESSES = 250;

/** The ports that backends listen on: the first, and how many. */
export const backendPorts = [ports.backend, POOL / ADDRESSES] as const;

/** So many services with a NodePort for TCP and UDP each, and 10 backends behind it. */
export function nodePortServices(count: number, algorithm: 'random' | 'maglev'): ServiceSpec[] {
  const pool = (['TCP', 'UDP'] as const).map((protocol) =>
    Array.from({ length: Math.min(POOL, count * BACKENDS_EACH) }, (_, n) => backend(n, protocol)),
  );
  return Array.from({ length: count }, (_, n) => ({
    name: `bench/${n}`,
    algorithm,
    frontends: (['TCP', 'UDP'] as const).map((protocol) => ({
      address: '0.0.0.0',
      port: ports.service + n,
      protocol,
      type: 'NodePort',
    })),
    backends: pool.flatMap((backends) => {
      const first = (n * BACKENDS_EACH) % backends.length;
      return backends.slice(first, first + BACKENDS_EACH);
    }),
  }));
}

function backend(n: number, protocol: Protocol): Backend {
  return {
    address: place.backends.replace('0/24', String(1 + (n % ADDRESSES))),
    port: ports.backend + Math.floor(n / ADDRESSES),
    protocol,
    node: 'other',
  };
}
