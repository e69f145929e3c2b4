import {
  type AnyLayout,
  type LbxEventServiceKey,
  readAddress,
  readEndpoint,
  serviceCatalog,
  type Table,
} from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { createKernelTable } from '../tables/kernel-table.ts';

type ServiceKey = Parameters<Table<LbxEventServiceKey, { readonly until: bigint }>['get']>[0];

/** What the programs read; absent where they are older than it. */
export type ServiceWishes = Table<ServiceKey, { readonly until: bigint }>;

/** Frontends as the maps have them: id, address and port. */
export interface NumberedFrontend {
  readonly revNatId: ServiceKey['revNatIndex'];
  readonly address: string;
  readonly port: number;
}

/** Lets the programs tell a listener only of some services. */
export interface ServiceFilter {
  /** Says what is wanted now, for as long as the listener keeps its place. */
  write(listener: number, until: bigint): void;
  /** Takes everything back; also what somebody has left who had the place before and was killed. */
  clear(listener: number): void;
}

/** Every address: how a NodePort is named that is served on all of the node's. */
const anywhere: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const mapped = (address: string) => (address.includes(':') ? address : `::ffff:${address}`);

/**
 * @param wanted - frontends ("198.51.100.1:80/TCP"; the protocol does not matter, 0.0.0.0 stands for every address) and
 * addresses; asked for at each write.
 * @param numbered - all frontends that there are.
 */
export function createServiceFilter(
  table: ServiceWishes,
  wanted: () => Iterable<string>,
  numbered: () => Iterable<NumberedFrontend>,
): ServiceFilter {
  let held = new Map<string, ServiceKey>();
  const clear = (listener: number) => {
    for (const [key] of [...table.entries()]) if (key.listener === listener) table.delete(key);
    held = new Map();
  };
  return {
    clear,
    write(listener, until) {
      const now = keysOf(listener, wanted(), numbered());
      const all = keyOf(listener, 0, '::');
      try {
        for (const [name, key] of now) if (!held.has(name)) table.set(key, { until: 0n });
        table.set(all, { until });
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'E2BIG') throw error;
        // No room: the listener is told of everything, and chooses itself.
        clear(listener);
        return;
      }
      for (const [name, key] of held) if (!now.has(name)) table.delete(key);
      held = now;
    },
  };
}

/** All frontends of both families. */
export function numberedFrontends(maps: ReadonlyMap<string, BpfMap>): () => NumberedFrontend[] {
  const tables = (['lb4_reverse_nat', 'lb6_reverse_nat'] as const).flatMap((name) => {
    const map = maps.get(name);
    return map === undefined ? [] : [createKernelTable(map, serviceCatalog[name] as AnyLayout)];
  });
  return () =>
    tables.flatMap((table) =>
      [...table.entries()].map(
        ([key, value]) => ({ ...(key as object), ...(value as object) }) as NumberedFrontend,
      ),
    );
}

function keysOf(
  listener: number,
  wanted: Iterable<string>,
  numbered: Iterable<NumberedFrontend>,
): Map<string, ServiceKey> {
  const addresses = new Set<string>();
  const ports = new Map<number, Set<string>>();
  for (const text of wanted) {
    const address = readAddress(text)?.text;
    const endpoint = readEndpoint(text);
    if (address !== undefined) addresses.add(address);
    else if (endpoint !== undefined)
      ports.set(endpoint.port, (ports.get(endpoint.port) ?? new Set()).add(endpoint.address));
  }
  const keys = new Map<string, ServiceKey>();
  const add = (revNatIndex: number, address: string) =>
    keys.set(`${revNatIndex} ${address}`, keyOf(listener, revNatIndex, address));
  for (const address of addresses) add(0, mapped(address));
  for (const [, at] of ports) for (const address of at) if (!anywhere.has(address)) add(0, mapped(address));
  for (const { revNatId, address, port } of numbered) {
    const at = ports.get(port);
    const isWanted =
      addresses.has(address) || at?.has(address) || at?.has(address.includes(':') ? '::' : '0.0.0.0');
    if (!isWanted) continue;
    add(revNatId, '::');
    add(0, mapped(address));
  }
  return keys;
}

const keyOf = (listener: number, revNatIndex: number, address: string) =>
  ({ listener, revNatIndex, address }) as ServiceKey;
