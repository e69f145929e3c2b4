import { isDeepStrictEqual } from 'node:util';
import { catalog, ciliumPins, isMapName } from '../catalog.ts';
import { parseHex, toHex } from '../codec/bytes.ts';
import { decodeLookupTable, encodeLookupTable, MaglevInnerKey } from '../layouts/maglev.ts';
import type { AnyLayout } from '../layouts/map-layout.ts';
import { maglevVectorTable } from './maglev-vector.ts';
import { readInput } from './read-input.ts';
import { sha256 } from './sha256.ts';
import { type MapVector, parseMapVectors } from './vector.ts';

export interface MapDifference {
  /** Position in the file, from 0. */
  readonly index: number;
  readonly map: string;
  readonly kind: 'key' | 'value';
  /** What differs, in one line. */
  readonly problem: string;
}

export interface MapsVerification {
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  /** The first differences, at most `maxDifferences`. */
  readonly firstDifferences: readonly MapDifference[];
  /** Per map and kind (`lb4_services_v2 key`): how many vectors passed and failed. */
  readonly byMap: Readonly<Record<string, { readonly passed: number; readonly failed: number }>>;
}

/**
 * Checks the codecs against vectors of a reference implementation, both ways: the input encodes to the bytes, and the
 * bytes decode to the input. `vectors` is the text of a file, or its parsed content.
 */
export function verifyMaps(
  vectors: string | readonly MapVector[],
  options: { readonly maxDifferences?: number } = {},
): MapsVerification {
  const list = parseMapVectors(typeof vectors === 'string' ? vectors : JSON.stringify(vectors));
  const byMap: Record<string, { passed: number; failed: number }> = {};
  const firstDifferences: MapDifference[] = [];
  let passed = 0;
  for (const [index, vector] of list.entries()) {
    const problem = problemOf(vector);
    const group = `${nameOf(vector)} ${vector.kind}`;
    byMap[group] ??= { passed: 0, failed: 0 };
    const count = byMap[group];
    if (problem === undefined) {
      passed++;
      count.passed++;
      continue;
    }
    count.failed++;
    if (firstDifferences.length < (options.maxDifferences ?? 10)) {
      firstDifferences.push({ index, map: vector.map, kind: vector.kind, problem });
    }
  }
  return { total: list.length, passed, failed: list.length - passed, firstDifferences, byMap };
}

const nameOf = ({ map }: MapVector) =>
  map.startsWith(ciliumPins.prefix) ? map.slice(ciliumPins.prefix.length) : map;

function problemOf(vector: MapVector): string | undefined {
  try {
    const name = nameOf(vector);
    if (name === 'maglev_inner') return innerProblem(vector);
    if (!isMapName(name)) return `no layout for a map ${vector.map}`;
    if (vector.hex === undefined) return 'the vector has no hex';
    const layout: AnyLayout = catalog[name];
    const side = vector.kind === 'key' ? layout.key : layout.value;
    const found = readInput(side.readings, vector.input);
    if ('missing' in found) return found.missing;
    const { struct, value } = found;
    const encoded = toHex(struct.encode(value));
    if (encoded !== vector.hex) return `encoded ${encoded}, expected ${vector.hex}`;
    const bytes = parseHex(vector.hex);
    const decoded = struct.decode(bytes);
    if (!same(decoded, value)) return `decoded ${show(decoded)}, expected ${show(value)}`;
    const again =
      vector.kind === 'key'
        ? toHex(layout.key.encode(layout.key.decode(bytes)))
        : throughMap(layout, vector, bytes);
    return again === vector.hex ? undefined : `decoded and encoded again ${again}, expected ${vector.hex}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A value through the map's codec, which chooses the reading by the key and the bytes. */
function throughMap(layout: AnyLayout, { input }: MapVector, bytes: Uint8Array): string {
  // The parts of a key that readings depend on: slot 0 or not, service tuple or not.
  const isBackend = 'backendID' in input;
  const key = { backendSlot: isBackend ? 1 : 0, flags: isBackend ? 4 : 0 };
  return toHex(layout.value.encode(layout.value.decode(bytes, key), key));
}

function innerProblem(vector: MapVector): string | undefined {
  if (vector.kind === 'key') {
    const encoded = toHex(MaglevInnerKey.encode({ index: Number(vector.input.index) }));
    return encoded === vector.hex ? undefined : `encoded ${encoded}, expected ${vector.hex}`;
  }
  const table = maglevVectorTable(vector.input);
  const bytes = encodeLookupTable(table);
  if (vector.hex !== undefined) {
    const encoded = toHex(bytes);
    if (encoded !== vector.hex)
      return `encoded ${encoded.slice(0, 64)}…, expected ${vector.hex.slice(0, 64)}…`;
    if (!same(decodeLookupTable(parseHex(vector.hex)), table)) return 'decoded another table';
  }
  if (vector.sha256 !== undefined) {
    const hash = sha256().update(bytes).digest('hex');
    if (hash !== vector.sha256) return `sha256 of the encoded table ${hash}, expected ${vector.sha256}`;
  }
  return undefined;
}

const same = (a: unknown, b: unknown) => isDeepStrictEqual(a, b);
const show = (value: unknown) => JSON.stringify(value, (_key, x) => (typeof x === 'bigint' ? String(x) : x));
