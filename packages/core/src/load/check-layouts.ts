import { catalog, checkLayouts, flowCatalog } from '@lbx/maps';
import type { ObjectSpec } from 'libbpf-ts/elf';

/**
 * Compares the structs that an object was compiled with to the layouts that this package writes, through BTF.
 * @throws LayoutMismatchError (`LBX_LAYOUT_MISMATCH`) with all differences.
 */
export function checkObjectLayouts(name: string, spec: ObjectSpec): void {
  checkLayouts({ ...catalog, ...flowCatalog }, spec, `the prebuilt object ${name}`);
}
