import { catalog, type MapEntry, type ServiceMapName } from '../catalog.ts';
import { readAddress } from '../model/address.ts';

/**
 * One entry of a map that the control plane writes, and the name of the frontend that it serves (backends: none). Those of
 * a projection say `set`: each is its own operation (see Op), as a first plan has hundreds of thousands of them.
 */
export type Entry<N extends ServiceMapName = ServiceMapName> = MapEntry<N> & {
  readonly op?: 'set';
  readonly frontend?: string;
};

/** The maps of one address family. */
export const mapsOf = {
  4: {
    services: 'lb4_services_v2',
    backends: 'lb4_backends_v3',
    reverseNat: 'lb4_reverse_nat',
    sourceRange: 'lb4_source_range',
    maglev: 'lb4_maglev',
  },
  6: {
    services: 'lb6_services_v2',
    backends: 'lb6_backends_v3',
    reverseNat: 'lb6_reverse_nat',
    sourceRange: 'lb6_source_range',
    maglev: 'lb6_maglev',
  },
} as const;

const buffer = Buffer.alloc(64);
const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

/**
 * Text that is the same for two entries exactly when they are the same entry of the same map: `${map} ${key in hex}`.
 * Source ranges that differ in host bits only are one entry of an LPM trie: their host bits are shown as zero.
 */
export function entryId(map: ServiceMapName, key: Entry['key']): string {
  const { size, put } = catalog[map].key as {
    size: number;
    put(view: DataView, at: number, key: unknown): void;
  };
  put(view, 0, key);
  if (map === 'lb4_source_range' || map === 'lb6_source_range')
    clearHostBits((key as { prefixlen: number }).prefixlen - 32, size);
  return [map, buffer.toString('hex', 0, size)].join(' ');
}

const ADDRESS_AT = 8;

function clearHostBits(bits: number, size: number): void {
  for (let at = ADDRESS_AT, left = bits; at < size; at++, left -= 8) {
    if (left < 8) buffer[at]! &= left <= 0 ? 0 : 0xff << (8 - left);
  }
}

/** Do two entries with the same id hold the same? */
export function sameEntry(a: Entry, b: Entry): boolean {
  if (a === b) return true;
  // Host bits of a source range stay in its key.
  if ('addr' in a.key && a.key.addr !== (b.key as { addr: string }).addr) {
    if (readAddress(a.key.addr)?.order !== readAddress((b.key as { addr: string }).addr)?.order) return false;
  }
  return sameValue(a.value, b.value);
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Uint32Array && b instanceof Uint32Array) {
    return a.length === b.length && a.every((id, i) => id === b[i]);
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  // Loops without lists of keys: this runs for every entry of every map.
  let surplus = 0;
  for (const field in a) {
    if (!sameValue(a[field as keyof typeof a], b[field as keyof typeof b])) return false;
    surplus--;
  }
  for (const _ in b) surplus++;
  return surplus === 0;
}
