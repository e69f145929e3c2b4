import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { BpfMap, MapSpec } from 'libbpf-ts';
import { innerFits } from '../check-inner-map.ts';
import { pinMismatch } from '../pin-mismatch.ts';
import type { MapRecord } from './map-records.ts';
import { type LayoutHistory, layoutVersion, type OlderLayout } from './older-layouts.ts';

/** What the caller wants of a map besides what its spec says. */
export interface MapWish {
  readonly size: number;
  /** Of an array whose elements stand for numbers from there on (SNAT ports): the first of them. */
  readonly first: number;
}

/** How a pinned map stands to what is wanted. */
export interface Comparison {
  /** Its layout, if that is not today's. */
  readonly older: OlderLayout | undefined;
  /** It can be used as it is. */
  readonly isSame: boolean;
}

/**
 * Compares a pinned map with what is wanted. Its size may be another and its layout an older one; anything else is not
 * a map of ours, or of a later lbx.
 * @throws CoreError `LBX_PIN_MISMATCH`.
 */
export function compare(
  map: BpfMap,
  path: string,
  spec: MapSpec,
  wish: MapWish,
  record: MapRecord | undefined,
  history: LayoutHistory,
): Comparison {
  const today = layoutVersion(history, spec.name);
  if (record !== undefined && record.version > today) {
    throw pinMismatch(
      path,
      `its layout is version ${record.version}, and this lbx knows ${spec.name} up to version ${today}: a newer lbx wrote it`,
    );
  }
  const differences = differ(map, spec);
  const older = history.older[spec.name]?.find(
    ({ version, keySize, valueSize }) =>
      (record === undefined ? differences.length > 0 : version === record.version) &&
      map.keySize === keySize &&
      map.valueSize === valueSize,
  );
  const rest = older === undefined ? differences : differences.filter(({ isLayout }) => !isLayout);
  if (rest.length > 0) throw pinMismatch(path, rest.map(({ text }) => text).join('; '));
  if (older === undefined && record !== undefined && record.version < today) {
    throw pinMismatch(
      path,
      `its layout is version ${record.version}, which this lbx cannot convert to version ${today}`,
    );
  }
  const isSame =
    older === undefined &&
    map.maxEntries === wish.size &&
    (record === undefined || record.first === wish.first) &&
    innerFits(map, spec);
  return { older, isSame };
}

function differ(map: BpfMap, spec: MapSpec) {
  const fields = ['type', 'keySize', 'valueSize', 'flags'] as const;
  return fields
    .filter((field) => map[field] !== spec[field])
    .map((field) => ({
      isLayout: field === 'keySize' || field === 'valueSize',
      text: `${field}: it has ${map[field]}, expected ${spec[field]}`,
    }));
}

/**
 * What processes that died while they exchanged a pin have left beside it: maps that programs may have been writing.
 * They are pinned as `NAME:ID`.
 */
export function findStrays(path: string): string[] {
  const folder = dirname(path);
  const prefix = `${basename(path)}:`;
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(folder, name));
}
