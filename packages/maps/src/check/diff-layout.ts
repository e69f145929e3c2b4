import type { FieldInfo, Struct } from '../codec/struct.ts';
import type { ObjectMember, ObjectStruct } from './object-layout.ts';

/** `union v6addr`, `const v6addr` and `v6addr` are one type. */
const plain = (ctype: string) => ctype.replace(/\b(struct|union|const|volatile) /g, '').replaceAll(' ', '');

const shown = (ctype: string, { offset, size }: { readonly offset: number; readonly size: number }) =>
  `${ctype} @${offset}+${size}`;

/**
 * Compares a declared struct, in all its readings, with the same struct of a compiled object: name, offset, size and C
 * type of every member (`__be16` is not `__u16`), and the size. Returns one line per difference. Padding has no counterpart
 * that must be there, but what the object has in its place must not be more than padding.
 */
export function diffLayout(struct: Pick<Struct<unknown>, 'readings'>, compiled: ObjectStruct): string[] {
  return diffReadings(struct.readings, compiled);
}

/** The same for readings that are not one codec, such as those of a value whose key decides. */
export function diffReadings(readings: readonly Struct<unknown>[], compiled: ObjectStruct): string[] {
  const struct = readings[0]!;
  const differences: string[] = [];
  const { name } = struct;
  if (struct.size !== compiled.size)
    differences.push(`${name}: ${struct.size} bytes, the object has ${compiled.size}`);
  const known = new Set<string>();
  for (const field of readings.flatMap((reading) => reading.fields)) {
    if (field.isPad) continue;
    known.add(field.cName);
    const difference = diffField(
      field,
      compiled.members.find((member) => member.name === field.cName),
    );
    if (difference !== undefined) differences.push(`${name}.${field.cName}: ${difference}`);
  }
  for (const member of compiled.members) {
    if (known.has(member.name) || readings.some((reading) => isInPadding(member, reading.fields))) continue;
    differences.push(`${name}.${member.name}: ${shown(member.type, member)} of the object is not declared`);
  }
  return [...new Set(differences)];
}

function diffField(field: FieldInfo, member: ObjectMember | undefined): string | undefined {
  const declared = shown(field.ctype, field);
  if (member === undefined) return `declared ${declared}, not in the object`;
  const same =
    field.offset === member.offset && field.size === member.size && plain(field.ctype) === plain(member.type);
  return same ? undefined : `declared ${declared}, the object has ${shown(member.type, member)}`;
}

/** Are all bytes of the member padding? One member may lie over several pads. */
function isInPadding(member: ObjectMember, fields: readonly FieldInfo[]): boolean {
  const end = member.offset + member.size;
  const overlapping = fields.filter(
    (field) => field.offset < end && field.offset + field.size > member.offset,
  );
  return overlapping.length > 0 && overlapping.every((field) => field.isPad);
}
