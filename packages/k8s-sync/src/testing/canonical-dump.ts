import {
  dump,
  type Entry,
  isBackend,
  type Lb4Key,
  readSnapshot,
  type ServiceValue,
  type Tables,
} from '@lbx/maps';
import { isService } from './check-tables.ts';

/**
 * A dump in which ids do not depend on the order of events: backends and frontends are numbered by their addresses. Two
 * states with the same canonical dump serve the same.
 */
export function canonicalDump(tables: Tables): string[] {
  const entries = [...readSnapshot(tables).entries.values()];
  const backends: (readonly [string, number])[] = [];
  const frontends: (readonly [string, number])[] = [];
  for (const entry of entries) {
    if (isBackend(entry)) {
      const { address, port, proto } = entry.value;
      backends.push([`${address} ${port} ${proto}`, entry.key.backendId]);
    } else if (isService(entry)) {
      const { address, dport, backendSlot, proto, scope } = entry.key as Lb4Key;
      if (backendSlot === 0)
        frontends.push([`${address} ${dport} ${proto} ${scope}`, (entry.value as ServiceValue).revNatIndex]);
    }
  }
  const newBackend = numbersOf(backends);
  const newFrontend = numbersOf(frontends.filter(([, id]) => id !== 0));
  return dump(
    entries.map((entry) => renumber(entry, newBackend, newFrontend)),
    { maglev: 'digest' },
  );
}

function numbersOf(named: readonly (readonly [string, number])[]): (id: number) => number {
  const sorted = [...named].sort(([a], [b]) => (a < b ? -1 : 1));
  const numbers = new Map(sorted.map(([, id], i) => [id, i + 1]));
  // An id that names nothing stays: the dumps differ then, as they should.
  return (id) => numbers.get(id) ?? id;
}

function renumber(
  { map, key, value }: Entry,
  backend: (id: number) => number,
  frontend: (id: number) => number,
): { map: string; key: unknown; value: unknown } {
  const replaced = (record: object) =>
    Object.fromEntries(
      Object.entries(record).map(([field, id]) => {
        if (field === 'backendId') return [field, backend(id)];
        return [field, field === 'revNatId' || field === 'revNatIndex' ? frontend(id) : id];
      }),
    );
  return {
    map,
    key: replaced(key),
    value: value instanceof Uint32Array ? value.map(backend) : replaced(value),
  };
}
