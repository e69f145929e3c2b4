import type { MapKey, MapValue, ServiceMapName } from '../catalog.ts';
import type { Lb4Slot } from '../layouts/service.ts';
import { serviceName } from '../project/service-entry.ts';

/** Follows the writes into maps and knows at any moment which lookups would end at a backend that is not there. */
export interface SlotWatch {
  /** An entry was written. */
  set(map: ServiceMapName, key: unknown, value: unknown): void;
  delete(map: ServiceMapName, key: unknown): void;
  /** One line for each frontend and Maglev table that leads to a missing slot or backend; empty when all is well. */
  problems(): readonly string[];
}

type Family = '4' | '6';

/** A frontend, or a Maglev table: something that names backends. */
interface Holder {
  readonly name: string;
  readonly family: Family;
  /** How many slots are looked at; -1 while there is no master. */
  count: number;
  /** Slot to backend id; of a Maglev table any numbering. */
  slots: Map<number, number>;
}

/**
 * A watch over maps that are empty.
 *
 * @param every look at slots beyond the count too: nobody is led there, but none should name what is gone
 */
export function createSlotWatch({ every = false } = {}): SlotWatch {
  const holders = new Map<string, Holder>();
  const users = new Map<string, Set<Holder>>();
  const backends = new Set<string>();
  const broken = new Map<Holder, string>();

  const holderOf = (id: string, name: string, family: Family): Holder => {
    let holder = holders.get(id);
    if (holder === undefined) {
      holder = { name, family, count: -1, slots: new Map() };
      holders.set(id, holder);
    }
    return holder;
  };
  const check = (holder: Holder) => {
    const problem = problemOf(holder);
    if (problem === undefined) broken.delete(holder);
    else broken.set(holder, problem);
  };
  const problemOf = ({ name, family, count, slots }: Holder): string | undefined => {
    for (let slot = 1; slot <= count; slot++)
      if (!slots.has(slot)) return `${name}: slot ${slot} of ${count} is missing`;
    for (const [slot, id] of slots) {
      if ((slot <= count || every) && !backends.has(`${family} ${id}`))
        return `${name}: slot ${slot} of ${Math.max(count, 0)} names backend ${id}, which is missing`;
    }
    return undefined;
  };
  const point = (holder: Holder, slot: number, id: number) => {
    const backend = `${holder.family} ${id}`;
    let names = users.get(backend);
    if (names === undefined) {
      names = new Set();
      users.set(backend, names);
    }
    names.add(holder);
    holder.slots.set(slot, id);
  };
  const backendChanged = (backend: string) => {
    for (const holder of users.get(backend) ?? []) check(holder);
  };

  return {
    problems: () => [...broken.values()],
    set(map, key, value) {
      const family = familyOf(map);
      switch (kindOf(map)) {
        case 'services_v2': {
          const { backendSlot } = key as MapKey<'lb4_services_v2'>;
          const name = serviceName({ key } as never);
          const holder = holderOf(name, name, family);
          if (backendSlot === 0) holder.count = (value as MapValue<'lb4_services_v2'>).count;
          else point(holder, backendSlot, (value as Lb4Slot).backendId);
          check(holder);
          break;
        }
        case 'backends_v3': {
          const backend = `${family} ${(key as MapKey<'lb4_backends_v3'>).backendId}`;
          if (backends.has(backend)) break;
          backends.add(backend);
          backendChanged(backend);
          break;
        }
        case 'maglev': {
          const id = tableName(map, key);
          const holder = holderOf(id, id, family);
          holder.slots.clear();
          const ids = [...new Set(value as Uint32Array)];
          for (const [i, backend] of ids.entries()) point(holder, i + 1, backend);
          holder.count = ids.length;
          check(holder);
        }
      }
    },
    delete(map, key) {
      const family = familyOf(map);
      switch (kindOf(map)) {
        case 'services_v2': {
          const holder = holders.get(serviceName({ key } as never));
          if (holder === undefined) break;
          const { backendSlot } = key as MapKey<'lb4_services_v2'>;
          if (backendSlot === 0) holder.count = -1;
          else holder.slots.delete(backendSlot);
          check(holder);
          break;
        }
        case 'backends_v3': {
          const backend = `${family} ${(key as MapKey<'lb4_backends_v3'>).backendId}`;
          if (backends.delete(backend)) backendChanged(backend);
          break;
        }
        case 'maglev': {
          const holder = holders.get(tableName(map, key));
          if (holder === undefined) break;
          holder.count = -1;
          holder.slots.clear();
          check(holder);
        }
      }
    },
  };
}

const familyOf = (map: ServiceMapName) => map[2] as Family;
const kindOf = (map: ServiceMapName) => map.slice(map.indexOf('_') + 1);
const tableName = (map: ServiceMapName, key: unknown) => `${map} ${(key as MapKey<'lb4_maglev'>).revNatId}`;
