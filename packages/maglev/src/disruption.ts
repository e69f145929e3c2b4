import { MaglevError } from './errors.ts';

/**
 * The share of slots (0 to 1) that hold another backend in `b` than in `a`: what part of new connections, and of
 * those that nobody remembers, goes elsewhere after the change.
 *
 * @throws MaglevError `LBX_MAGLEV_TABLES` when the sizes differ.
 */
export function disruption(a: Uint32Array, b: Uint32Array): number {
  if (a.length !== b.length || a.length === 0)
    throw new MaglevError(
      'LBX_MAGLEV_TABLES',
      `tables of ${a.length} and ${b.length} slots cannot be compared slot by slot`,
    );
  let moved = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) moved++;
  return moved / a.length;
}
