import { catalog, checkLayouts, diffLayout, flowCatalog, LayoutMismatchError, LbxEvent } from '@lbx/maps';
import type { ObjectSpec } from 'libbpf-ts/elf';

/**
 * Compares the structs that an object was compiled with to the layouts that this package reads and writes, through BTF.
 * @throws LayoutMismatchError (`LBX_LAYOUT_MISMATCH`) with all differences.
 */
export function checkObjectLayouts(name: string, spec: ObjectSpec): void {
  const what = `the prebuilt object ${name}`;
  checkLayouts({ ...catalog, ...flowCatalog }, spec, what);
  if (!spec.maps.has('lbx_events')) return;
  // Records of ring buffers have no map that tells their type.
  const differences = diffLayout(LbxEvent, spec.btf.struct(LbxEvent.name));
  if (differences.length > 0) throw new LayoutMismatchError(what, differences);
}
