import { type AnyLayout, serviceCatalog } from '@lbx/maps';
import { BpfMap, type MapSpec } from 'libbpf-ts';

/** Are a map's inner maps Maglev tables, whose size is an option? */
export const holdsMaglevTables = (name: string): boolean =>
  (serviceCatalog as Readonly<Record<string, AnyLayout>>)[name]?.inner !== undefined;

/**
 * Do Maglev tables as in this spec fit a map of maps? The kernel tells nothing about the inner maps of one that is
 * empty, but it compares them before it looks at the key: an update of an entry that does not exist answers ENOENT when
 * the inner map would have fitted, EINVAL when not. Works for hashes only. Maps of other kinds fit.
 */
export function innerFits(outer: BpfMap, { name, innerSpec }: MapSpec): boolean {
  if (innerSpec === undefined || !holdsMaglevTables(name)) return true;
  using sample = BpfMap.create(innerSpec);
  const fd = Buffer.alloc(4);
  fd.writeUInt32LE(sample.fd);
  // No frontend ever has id 0.
  const absentKey = new Uint8Array(outer.keySize);
  return codeOf(() => outer.set(absentKey, fd, 'exist')) !== 'EINVAL';
}

function codeOf(act: () => void): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
