import { type AnyLayout, serviceCatalog } from '@lbx/maps';
import { BpfMap, type MapSpec } from 'libbpf-ts';
import { pinMismatch } from './pinned-maps.ts';

/** Are a map's inner maps Maglev tables, whose size is an option? */
export const holdsMaglevTables = (name: string): boolean =>
  (serviceCatalog as Readonly<Record<string, AnyLayout>>)[name]?.inner !== undefined;

/**
 * Do Maglev tables of this spec fit a pinned map of maps? The kernel tells nothing about the inner maps of one that is
 * empty, but it compares them before it looks at the key: an update of an entry that does not exist answers ENOENT when
 * the inner map would have fitted, EINVAL when not. Works for hashes only.
 * @param absentKey - of an entry that never exists.
 * @throws CoreError `LBX_PIN_MISMATCH`.
 */
export function assertInnerFits(
  outer: BpfMap,
  path: string,
  inner: NonNullable<MapSpec['innerSpec']>,
  absentKey: Uint8Array,
): void {
  using sample = BpfMap.create(inner);
  const fd = Buffer.alloc(4);
  fd.writeUInt32LE(sample.fd);
  if (codeOf(() => outer.set(absentKey, fd, 'exist')) !== 'EINVAL') return;
  throw pinMismatch(
    path,
    `it was made for Maglev tables of another size than ${inner.valueSize / 4} slots (option maglevSize)`,
  );
}

function codeOf(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
