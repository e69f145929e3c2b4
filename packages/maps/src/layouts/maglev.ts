import type { TypeOf } from '../codec/field.ts';
import { u32 } from '../codec/integers.ts';
import { scalar } from '../codec/struct.ts';
import type { ValueCodec } from '../codec/value-codec.ts';
import { MapsError } from '../errors.ts';
import { lookupTableText } from './maglev-text.ts';
import { MapFlag, type MapLayout, mapLayout } from './map-layout.ts';
import { RevNatKey } from './reverse-nat.ts';

/** Key of an inner map: always 0, the lookup table is one value. */
export const MaglevInnerKey = scalar('index', u32.doc('Always 0'));
export type MaglevInnerKey = TypeOf<typeof MaglevInnerKey>;

/** Value of an outer map as the kernel has it: an fd when written, an id when read. */
export const MaglevInnerRef = scalar('innerMap', u32.doc('Inner map: fd when written, id when read'));

/** Little-endian backend ids, one per table position. */
export function encodeLookupTable(table: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(table.length * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < table.length; i++) view.setUint32(4 * i, table[i]!, true);
  return bytes;
}

/** Backend ids of an inner map's value. */
export function decodeLookupTable(bytes: Uint8Array): Uint32Array {
  if (bytes.length === 0 || bytes.length % 4 !== 0) {
    throw new MapsError('LBX_SIZE', `a Maglev table is a multiple of 4 bytes, got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

/**
 * Value of the outer maps in `Table`s: the whole lookup table. `encode` and `decode` are those of an inner map's only
 * value; `put` and `get` have no fixed place to work on and throw.
 */
function lookupTable<K>(): ValueCodec<K, Uint32Array> {
  const noPlace = (): never => {
    throw new MapsError('LBX_LAYOUT', 'a Maglev table is written into an inner map: use encode and decode');
  };
  return Object.freeze({
    size: 4,
    readings: [MaglevInnerRef as never],
    put: noPlace,
    get: noPlace,
    encode: encodeLookupTable,
    decode: decodeLookupTable,
    textFor: () => lookupTableText,
  });
}

const flags = MapFlag.noPrealloc | MapFlag.readonlyProg;
const inner = { name: 'maglev_inner', type: 'array', maxEntries: 1, flags: 0 } as const;
const outer = <const Name extends string>(name: Name, doc: string): MapLayout<RevNatKey, Uint32Array, Name> =>
  Object.freeze({
    ...mapLayout('hash_of_maps', name, RevNatKey, lookupTable<RevNatKey>(), { flags, doc }),
    inner,
  });

export const maglev4 = outer('lb4_maglev', 'Maglev lookup table (backend ids) of an IPv4 frontend');
export const maglev6 = outer('lb6_maglev', 'Maglev lookup table (backend ids) of an IPv6 frontend');
