import type { AnyLayout } from '@lbx/maps';
import { createMaglevTable } from '../../tables/maglev-table.ts';
import { hashTransfer } from './hash-transfer.ts';
import { shareInnerMaps } from './inner-maps-transfer.ts';
import type { Transfer } from './transfer.ts';

/**
 * Maglev tables. The inner maps stay the same ones where their size does; else each table is stretched to the new size:
 * every backend keeps its share, and the service has a table until the control plane has worked out the right one.
 * @param slots - of a table, in the successor.
 */
export function maglevTransfer(layout: AnyLayout, slots: number): Transfer {
  return {
    ...hashTransfer,
    fill(from, to) {
      const old = createMaglevTable<object>(from.map, layout);
      if (slotsOf(old) === slots) return shareInnerMaps(from, to);
      const stretched = new Map<Uint32Array, Uint32Array>();
      const sized = (table: Uint32Array): Uint32Array => {
        const known = stretched.get(table) ?? stretch(table, slots);
        stretched.set(table, known);
        return known;
      };
      const entries = function* () {
        for (const [key, table] of old.entries()) yield [key, sized(table)] as const;
      };
      createMaglevTable<object>(to, layout, slots).setBatch(entries());
    },
  };
}

/** All tables of a map have one size; an empty one has nothing to say. */
function slotsOf(table: { entries(): Iterable<[object, Uint32Array]> }): number | undefined {
  for (const [, first] of table.entries()) return first.length;
  return undefined;
}

function stretch(table: Uint32Array, slots: number): Uint32Array {
  return Uint32Array.from({ length: slots }, (_, i) => table[Math.floor((i * table.length) / slots)] ?? 0);
}
