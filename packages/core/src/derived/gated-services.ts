import type { MapKey, MapValue, Table } from '@lbx/maps';
import { inChunks } from '../tables/in-chunks.ts';
import type { GateEndpoint, KernelGate } from './gate.ts';

type ServicesName = 'lb4_services_v2' | 'lb6_services_v2';
type Key = MapKey<ServicesName>;

/**
 * What the gate must let through for an entry: packets and sockets ask for masters of the external scope, wildcards
 * included.
 */
export function endpointOf({ address, dport, proto, backendSlot, scope }: Key): GateEndpoint | undefined {
  return backendSlot === 0 && scope === 0 ? { address, port: dport, protocol: proto } : undefined;
}

function endpointsOf(keys: Iterable<Key>): GateEndpoint[] {
  const endpoints: GateEndpoint[] = [];
  for (const key of keys) {
    const endpoint = endpointOf(key);
    if (endpoint !== undefined) endpoints.push(endpoint);
  }
  return endpoints;
}

function* keysOf<K>(entries: Iterable<readonly [K, unknown]>): IterableIterator<K> {
  for (const [key] of entries) yield key;
}

/** A services table, with the gate opened before a frontend is written and closed after it is deleted. */
export function gatedServices<N extends ServicesName>(
  table: Table<MapKey<N>, MapValue<N>>,
  gate: KernelGate,
): Table<MapKey<N>, MapValue<N>> {
  return {
    ...table,
    set(key, value, flag) {
      gate.add(endpointsOf([key]));
      table.set(key, value, flag);
    },
    delete(key) {
      const deleted = table.delete(key);
      gate.remove(endpointsOf([key]));
      return deleted;
    },
    setBatch(entries) {
      return inChunks(entries, (chunk) => {
        gate.add(endpointsOf(keysOf(chunk)));
        return table.setBatch(chunk);
      });
    },
    deleteBatch(keys) {
      const all = [...keys];
      const deleted = table.deleteBatch(all);
      gate.remove(endpointsOf(all));
      return deleted;
    },
  };
}
