import { type AnyLayout, hostPort, type LbxEvent, protocolName, serviceCatalog } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { createKernelTable } from '../tables/kernel-table.ts';

/** Frontends and backends by their numbers, as text. */
export interface EventNames {
  /** "198.51.100.1:80/TCP" of the event's service; undefined when it has none. */
  service(event: LbxEvent): string | undefined;
  /** "192.0.2.10:8080" of its backend. */
  backend(event: LbxEvent): string | undefined;
  /** Forgets what was looked up: numbers find new owners. */
  forget(): void;
}

/** The maps that names are read from. */
export const nameMaps = [
  'lb4_reverse_nat',
  'lb6_reverse_nat',
  'lb4_services_v2',
  'lb6_services_v2',
  'lb4_backends_v3',
  'lb6_backends_v3',
] as const;

type Endpoint = { readonly address: string; readonly port: number };

/** By the service maps, read when an event asks. */
export function createEventNames(maps: ReadonlyMap<string, BpfMap>): EventNames {
  const tables = new Map(
    nameMaps.flatMap((name) => {
      const map = maps.get(name);
      return map === undefined
        ? []
        : [[name as string, createKernelTable(map, serviceCatalog[name] as AnyLayout)]];
    }),
  );
  const known = new Map<string, Endpoint | undefined>();
  const find = (map: string, name: string, key: unknown): Endpoint | undefined => {
    const place = `${map} ${name}`;
    if (!known.has(place)) known.set(place, tables.get(map)?.get(key as never) as Endpoint | undefined);
    return known.get(place);
  };
  const text = (endpoint: Endpoint | undefined) => endpoint && hostPort(endpoint.address, endpoint.port);
  return {
    service({ family, revNatIndex, proto, daddr, dport }) {
      if (family === 0) return undefined;
      const endpoint =
        revNatIndex > 0
          ? find(`lb${family}_reverse_nat`, String(revNatIndex), { revNatId: revNatIndex })
          : addressed(find, family, { daddr, dport, proto });
      return endpoint && `${text(endpoint)}/${protocolName(proto)}`;
    },
    backend: ({ family, backendId }) =>
      backendId === 0 || family === 0
        ? undefined
        : text(find(`lb${family}_backends_v3`, String(backendId), { backendId })),
    forget: () => known.clear(),
  };
}

/** Before a service was found, the destination may still be one. */
function addressed(
  find: (map: string, name: string, key: unknown) => unknown,
  family: number,
  { daddr, dport, proto }: Pick<LbxEvent, 'daddr' | 'dport' | 'proto'>,
): Endpoint | undefined {
  const key = { address: daddr, dport, backendSlot: 0, proto, scope: 0 };
  const service =
    dport === 0 ? undefined : find(`lb${family}_services_v2`, `${daddr} ${dport} ${proto}`, key);
  return service === undefined ? undefined : { address: daddr, port: dport };
}
