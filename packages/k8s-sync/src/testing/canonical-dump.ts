import {
  dump,
  type Entry,
  isBackend,
  type Lb4Key,
  type Lb4Slot,
  readSnapshot,
  type ServiceValue,
  type Tables,
} from '@lbx/maps';
import { isService } from './check-tables.ts';

/**
 * A dump in which ids and slots do not depend on the order of events: backends and frontends are numbered by their addresses,
 * and the slots of a frontend are in this order on either side of its count. Two states with the same canonical dump serve
 * the same.
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
  const renumbered = entries.map((entry) => renumber(entry, newBackend, newFrontend));
  return dump(inSlotOrder(renumbered), { maglev: 'digest' });
}

/** Slots of a frontend exchanged so that their backends are in order; a number that is missing stays missing. */
function inSlotOrder(entries: readonly Entry[]): Entry[] {
  const frontends = Map.groupBy(entries, (entry) => {
    if (!isService(entry)) return '';
    const { address, dport, proto, scope } = entry.key;
    return `${address} ${dport} ${proto} ${scope}`;
  });
  return [...frontends.values()].flatMap((group) => {
    const master = group.find((entry) => isService(entry) && entry.key.backendSlot === 0);
    if (master === undefined) return group;
    const { count } = master.value as ServiceValue;
    const slots = group.filter((entry) => isService(entry) && entry !== master);
    const slotOf = ({ key }: Entry) => (key as Lb4Key).backendSlot;
    const backendOf = ({ value }: Entry) => (value as Lb4Slot).backendId;
    const numbers = slots.map(slotOf).sort((a, b) => a - b);
    const isBehind = (entry: Entry) => (slotOf(entry) > count ? 1 : 0);
    const sorted = slots.sort((a, b) => isBehind(a) - isBehind(b) || backendOf(a) - backendOf(b));
    return [
      master,
      ...sorted.map((entry, i) => ({ ...entry, key: { ...entry.key, backendSlot: numbers[i]! } }) as Entry),
    ];
  });
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
): Entry {
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
  } as Entry;
}
