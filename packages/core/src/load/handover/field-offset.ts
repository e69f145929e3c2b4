/** Where a member of a struct is, in bytes. */
export interface FieldPlace {
  readonly offset: number;
  readonly size: number;
}

interface Layout {
  readonly readings?: readonly { readonly fields: readonly (FieldPlace & { readonly cName: string })[] }[];
}

/** By its name in C; undefined where there is none. */
export function findField(layout: object, cName: string): FieldPlace | undefined {
  return (layout as Layout).readings?.[0]?.fields.find((field) => field.cName === cName);
}

/** The same of a member that must be there. */
export function fieldOf(layout: object, cName: string): FieldPlace {
  const field = findField(layout, cName);
  if (field === undefined) throw new Error(`the layout has no field ${cName}`);
  return field;
}

export const offsetIn = (layout: object, cName: string): number => fieldOf(layout, cName).offset;

/** Has the member the same bytes in both, which begin `at` in each? */
export function isSame(a: Uint8Array, b: Uint8Array, { offset, size }: FieldPlace, at = 0): boolean {
  for (let i = at + offset; i < at + offset + size; i++) if (a[i] !== b[i]) return false;
  return true;
}
