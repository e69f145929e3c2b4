import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type AnyLayout, LAYOUT_VERSION } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { CoreError } from '../errors.ts';

/** @throws CoreError `LBX_LAYOUT_UNKNOWN` for a map of other sizes than the layout's. */
export function assertKnownLayout(map: BpfMap, path: string, layout: AnyLayout): void {
  const { type, keySize, valueSize } = map;
  if (type === layout.type && keySize === layout.key.size && valueSize === layout.valueSize) return;
  throw unknown(
    path,
    `is a ${type} with keys of ${keySize} and values of ${valueSize} bytes`,
    `a ${layout.type} with keys of ${layout.key.size} and values of ${layout.valueSize} bytes`,
    { type, keySize, valueSize },
  );
}

/**
 * Is there a newer version of a map (`lb4_services_v3`) than the one that is known? Then that one is in use, and what lies
 * under the old name is a leftover at best.
 * @throws CoreError `LBX_LAYOUT_UNKNOWN`.
 */
export function assertNoNewerVersion(path: string): void {
  const [, stem, digits] = /^(.+_v)(\d+)$/.exec(basename(path)) ?? [];
  const folder = dirname(path);
  if (stem === undefined || !existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const version = name.startsWith(stem) ? name.slice(stem.length) : '';
    if (!/^\d+$/.test(version) || Number(version) <= Number(digits)) continue;
    throw unknown(`${folder}/${name}`, `is version ${version} of this map`, `version ${digits}`, {
      version: Number(version),
    });
  }
}

function unknown(path: string, found: string, known: string, data: Record<string, unknown>): CoreError {
  return new CoreError(
    'LBX_LAYOUT_UNKNOWN',
    `${path} ${found}, which this version of lbx cannot read: it knows ${known} (${LAYOUT_VERSION}). ` +
      'Nothing was read or changed; use a version of lbx that knows the layout',
    { path, ...data, known, layouts: [LAYOUT_VERSION] },
  );
}
