import type { Struct } from '../codec/struct.ts';
import { LayoutMismatchError } from '../errors.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { diffReadings } from './diff-layout.ts';
import type { ObjectLayout, ObjectMap } from './object-layout.ts';

/**
 * Compares every map of a compiled object that a catalog knows with its layout: type, flags, sizes, and key and value
 * struct with the object's BTF. Returns all differences, one a line. Sizes (max_entries) are not compared: whoever
 * creates the map chooses them.
 */
export function diffLayouts(layouts: Readonly<Record<string, AnyLayout>>, object: ObjectLayout): string[] {
  const differences: string[] = [];
  for (const [name, map] of object.maps) {
    if (!Object.hasOwn(layouts, name)) continue;
    const layout = layouts[name]!;
    differences.push(...diffMap(layout, map));
    differences.push(...diffSide(`${name} key`, layout.key.readings, map.keyTypeName, object));
    if (layout.inner === undefined) {
      differences.push(...diffSide(`${name} value`, layout.value.readings, map.valueTypeName, object));
    }
  }
  return [...new Set(differences)];
}

/** Throws a LayoutMismatchError with all differences when there are any; `what` names the object in its message. */
export function checkLayouts(
  layouts: Readonly<Record<string, AnyLayout>>,
  object: ObjectLayout,
  what = 'the compiled object',
): void {
  const differences = diffLayouts(layouts, object);
  if (differences.length > 0) throw new LayoutMismatchError(what, differences);
}

function diffMap(layout: AnyLayout, map: ObjectMap): string[] {
  const inner = layout.inner;
  const rows: [string, unknown, unknown][] = [
    ['type', layout.type, map.type],
    ['flags', layout.flags, map.flags],
    ['key size', layout.key.size, map.keySize],
    ['value size', layout.valueSize, map.valueSize],
  ];
  if (inner !== undefined) {
    rows.push(['inner type', inner.type, map.innerSpec?.type]);
    rows.push(['inner max_entries', inner.maxEntries, map.innerSpec?.maxEntries]);
    rows.push(['inner flags', inner.flags, map.innerSpec?.flags]);
  }
  return rows
    .filter(([, declared, found]) => declared !== found)
    .map(
      ([what, declared, found]) => `${layout.name}: ${what} declared ${declared}, the object has ${found}`,
    );
}

/** Key or value: a struct is compared member by member, a bare integer by its type's name. */
function diffSide(
  where: string,
  readings: readonly Struct<unknown>[],
  typeName: string | undefined,
  object: ObjectLayout,
): string[] {
  // Maps declared by size alone have no type to compare.
  if (typeName === undefined) return [];
  const struct = readings[0]!;
  const name = typeName.replace(/^(struct|union) /, '');
  if (name !== struct.name) return [`${where}: declared ${struct.name}, the object has ${typeName}`];
  if (name === typeName) return []; // a bare integer, or a typedef of the same name
  return diffReadings(readings, object.btf.struct(name));
}
