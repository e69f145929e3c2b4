import { createMaglevTable, parseSeed } from '@lbx/maglev';
import { MapsError } from '../errors.ts';

interface VectorBackend {
  readonly id: number;
  readonly weight: number;
  readonly hashString: string;
}

/** The lookup table that a vector describes: its entries as they are, or the table of its backends. */
export function maglevVectorTable(input: Readonly<Record<string, unknown>>): Uint32Array {
  const { entries, backends, seed, tableSize } = input;
  if (Array.isArray(entries)) return Uint32Array.from(entries as number[]);
  if (!Array.isArray(backends) || typeof tableSize !== 'number' || typeof seed !== 'string') {
    throw new MapsError('LBX_VECTORS', 'a Maglev vector has entries, or backends, seed and tableSize');
  }
  const members = (backends as VectorBackend[]).map(({ id, weight, hashString }) => ({
    id,
    weight,
    hash: hashString,
  }));
  return createMaglevTable(members, { size: tableSize, seed: parseSeed(seed) });
}
