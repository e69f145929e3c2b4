import { type AnyLayout, catalog, flowCatalog, flowSet4, flowSet6 } from '@lbx/maps';
import type { BpfMap, MapSpec } from 'libbpf-ts';
import { arrayTransfer, backendMetaTransfer } from './array-transfer.ts';
import type { FlowAge } from './flow-age.ts';
import { flowTransfer } from './flow-transfer.ts';
import { hashTransfer } from './hash-transfer.ts';
import { innerMapsTransfer } from './inner-maps-transfer.ts';
import { lruTransfer } from './lru-transfer.ts';
import { maglevTransfer } from './maglev-transfer.ts';
import { reverseTransfer } from './reverse-transfer.ts';
import type { Source } from './source.ts';

/** What a successor will be. */
interface Successor extends Pick<MapSpec, 'type' | 'maxEntries'> {
  /** Of an array whose elements stand for numbers from there on: the first of them. */
  readonly first: number;
}

/** How what a map holds gets into its successor. */
export interface Transfer {
  /** How many entries are in use, and whether they have places in the successor. */
  fits(from: Source, to: Successor): { readonly used: number; readonly fits: boolean };
  /** Before any program runs on the new map. */
  fill(from: Source, to: BpfMap, first: number): void;
  /**
   * When programs run on the new map and none on the old any more: what was written to the old one since `fill`. What
   * programs have written to the new one meanwhile stays, or is joined with it. Absent where only user space writes:
   * nothing can have changed.
   */
  follow?(from: Source, to: BpfMap, first: number): void;
}

/** What core works out from the entries of other maps, all of it, before programs run on it. */
const anew: Transfer = { fits: () => ({ used: 0, fits: true }), fill() {} };

const layouts: Readonly<Record<string, AnyLayout>> = { ...catalog, ...flowCatalog };

/** By what is known of the map of this name. */
export function transferOf({ name, type, innerSpec }: MapSpec, age: () => FlowAge): Transfer {
  const layout = layouts[name];
  const isIpv6 = name.endsWith('6');
  if (/^lbx_flow(_set)?[46]$/.test(name)) return flowTransfer(isIpv6 ? flowSet6 : flowSet4, age);
  if (name === 'lbx_gate') return anew;
  if (name === 'lbx_backend_meta') return backendMetaTransfer;
  if (/^lbx_rev[46]$/.test(name)) return reverseTransfer(isIpv6 ? 6 : 4, age);
  if (layout?.inner !== undefined) return maglevTransfer(layout, (innerSpec?.valueSize ?? 0) / 4);
  switch (type) {
    case 'hash_of_maps':
      return innerMapsTransfer;
    case 'lru_hash':
      return lruTransfer(layout);
    case 'array':
    case 'percpu_array':
      return arrayTransfer;
    default:
      return hashTransfer;
  }
}
