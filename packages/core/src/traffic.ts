import {
  type AnyLayout,
  endpointName,
  hostPort,
  LbxTraffic,
  protocolName,
  Scope,
  serviceCatalog,
} from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import type { Count } from './counters.ts';
import { CoreError } from './errors.ts';
import { createKernelTable } from './tables/kernel-table.ts';

/** Packets that were translated for one frontend or backend, on all CPUs, since it is there. Bytes are of whole frames. */
export interface TrafficCount {
  /** A frontend: "198.51.100.1:80/TCP"; a backend: "192.0.2.10:8080/TCP". */
  readonly name: string;
  /** From clients. */
  readonly requests: Count;
  /** To clients. */
  readonly replies: Count;
}

/** Traffic by frontend and by backend; those without any are left out. What sockets were connected to is no packet here. */
export interface Traffic {
  readonly frontends: readonly TrafficCount[];
  readonly backends: readonly TrafficCount[];
}

/** Names of the maps that count. */
export const trafficMapNames = ['lbx_frontend_traffic', 'lbx_backend_traffic'] as const;

/** The maps of a load balancer that counts; undefined where it does not. */
export function trafficMapsOf(
  maps: ReadonlyMap<string, BpfMap>,
): { readonly frontend: BpfMap; readonly backend: BpfMap } | undefined {
  const [frontend, backend] = trafficMapNames.map((name) => maps.get(name));
  // Switched off, they have one element, which no id has.
  if (frontend === undefined || backend === undefined || frontend.maxEntries <= 1) return undefined;
  return { frontend, backend };
}

/**
 * Reads the counters: a system call for each frontend and backend, so not for every packet.
 * @param maps - of the load balancer, by name.
 * @throws CoreError `LBX_NO_TRAFFIC` where it does not count.
 */
export function readTraffic(maps: ReadonlyMap<string, BpfMap>): Traffic {
  const counters = trafficMapsOf(maps);
  if (counters === undefined) {
    throw new CoreError(
      'LBX_NO_TRAFFIC',
      'traffic by frontend and backend is not counted; it costs some 2 ns a packet and 6 MiB a CPU: ' +
        'switch it on with the option traffic (lbx agent --traffic), and give devices',
    );
  }
  const frontends = new Map<number, string>();
  const backends = new Map<number, string>();
  for (const family of [4, 6]) {
    for (const [key, value] of entries<Service, { revNatIndex: number }>(maps, `lb${family}_services_v2`))
      if (key.backendSlot === 0 && key.dport !== 0) frontends.set(value.revNatIndex, serviceName(key));
    for (const [{ backendId }, { address, port, proto }] of entries<{ backendId: number }, Endpoint>(
      maps,
      `lb${family}_backends_v3`,
    ))
      backends.set(backendId, `${hostPort(address, port)}/${protocolName(proto)}`);
  }
  return { frontends: counts(counters.frontend, frontends), backends: counts(counters.backend, backends) };
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly proto: number;
}

interface Service {
  readonly address: string;
  readonly dport: number;
  readonly proto: number;
  readonly scope: number;
  readonly backendSlot: number;
}

const serviceName = ({ address, dport, proto, scope }: Service) =>
  endpointName(address, dport, protocolName(proto), scope === Scope.internal ? 'internal' : undefined);

function entries<K, V>(maps: ReadonlyMap<string, BpfMap>, name: string): Iterable<readonly [K, V]> {
  const map = maps.get(name);
  const layout = (serviceCatalog as Record<string, AnyLayout>)[name];
  return map === undefined || layout === undefined ? [] : createKernelTable<K, V>(map, layout).entries();
}

function counts(map: BpfMap, names: ReadonlyMap<number, string>): TrafficCount[] {
  return [...names].flatMap(([id, name]) => {
    const found = readCounts(map, id);
    return found === undefined ? [] : [{ name, ...found }];
  });
}

/** What was counted under one id, on all CPUs; undefined: nothing. */
export function readCounts(map: BpfMap, id: number): Omit<TrafficCount, 'name'> | undefined {
  if (id >= map.maxEntries) return undefined;
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, id, true);
  const [requests, replies] = sum(map.perCpu(key) ?? []);
  return requests.packets + replies.packets > 0 ? { requests, replies } : undefined;
}

function sum(values: readonly Uint8Array[]): [Count, Count] {
  const total = { requestPackets: 0n, requestBytes: 0n, replyPackets: 0n, replyBytes: 0n };
  for (const value of values) {
    const one = LbxTraffic.decode(value);
    total.requestPackets += one.requestPackets;
    total.requestBytes += one.requestBytes;
    total.replyPackets += one.replyPackets;
    total.replyBytes += one.replyBytes;
  }
  return [
    { packets: Number(total.requestPackets), bytes: Number(total.requestBytes) },
    { packets: Number(total.replyPackets), bytes: Number(total.replyBytes) },
  ];
}
