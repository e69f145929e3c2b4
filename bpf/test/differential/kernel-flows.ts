import {
  type AnyLayout,
  catalog,
  flowCatalog,
  type LbxFlow4,
  type LbxFlow4Key,
  type LbxRev4,
  type LbxRev4Bucket,
} from '@lbx/maps';
import type { Lab } from '../xdp-lab.ts';
import { readAll } from './kernel-tables.ts';

const { lbx_flow4, lbx_rev4 } = flowCatalog;
const { lb4_affinity } = catalog;

/** The flow tables of the programs. */
export interface KernelFlows {
  readonly flows: readonly (readonly [LbxFlow4Key, LbxFlow4])[];
  /** Reply halves by SNAT port. */
  readonly replies: readonly (readonly [number, LbxRev4])[];
  readonly affinities: readonly (readonly [string, number, number])[];
}

export function readFlows(lab: Lab, firstPort: number): KernelFlows {
  return {
    flows: lab.tables.entries(lbx_flow4),
    replies: [...usedBuckets(lab)].flatMap(({ index, bucket }) =>
      bucket.entry.flatMap((half, way) => (bucket.tag[way] ? [[firstPort + index, half] as const] : [])),
    ),
    affinities: [...lab.xdp.map('lb4_affinity').entries()].map(([key, value]) => {
      const decoded = lb4_affinity.key.decode(key) as { clientIp: string; revNatId: number };
      const { backendId, lastUsed } = lb4_affinity.value.decode(value, decoded as never);
      return [`${decoded.clientIp} ${decoded.revNatId}`, backendId, Number(lastUsed)] as const;
    }),
  };
}

function* usedBuckets(lab: Lab): Generator<{ index: number; key: Uint8Array; bucket: LbxRev4Bucket }> {
  for (const { keys, values } of readAll(lab, lbx_rev4)) {
    // Tags come first; a bucket without any is free.
    if (values.subarray(0, 32).every((byte) => byte === 0)) continue;
    const place = lbx_rev4.key.decode(keys);
    yield { index: place.index, key: keys.slice(), bucket: lbx_rev4.value.decode(values, place) };
  }
}

/** Forgets all flows. */
export function clearFlows(lab: Lab): void {
  lab.xdp.map('lbx_flow4').clear();
  lab.xdp.map('lb4_affinity').clear();
  const empty = new Uint8Array(lab.xdp.map('lbx_rev4').valueSize);
  for (const { key } of [...usedBuckets(lab)]) lab.xdp.map('lbx_rev4').set(key, empty);
  clearUsed(lab, flowCatalog.lbx_routes);
  clearUsed(lab, flowCatalog.lbx_backend_hops);
}

/** Empties the elements of an array that are not empty. */
function clearUsed(lab: Lab, layout: AnyLayout & { readonly name: string }): void {
  const used = [...readAll(lab, layout)].flatMap(({ keys, values }) =>
    values.some((byte) => byte !== 0) ? [keys.slice()] : [],
  );
  const empty = new Uint8Array(lab.xdp.map(layout.name).valueSize);
  for (const key of used) lab.xdp.map(layout.name).set(key, empty);
}

/** Makes everything that the tables remember that much older. */
export function makeOlder(lab: Lab, jiffies: number, seconds: number): void {
  const older = <T extends { lastSeen: number; checked: number }>(half: T): T => ({
    ...half,
    lastSeen: (half.lastSeen - jiffies) >>> 0,
    checked: (half.checked - jiffies) >>> 0,
  });
  for (const [key, flow] of lab.tables.entries<LbxFlow4Key, LbxFlow4>(lbx_flow4))
    lab.tables.set(lbx_flow4, key, older(flow));
  for (const { index, bucket } of [...usedBuckets(lab)])
    lab.tables.set(lbx_rev4, { index }, { ...bucket, entry: bucket.entry.map(older) });
  for (const [key, value] of [...lab.xdp.map('lb4_affinity').entries()]) {
    const client = lb4_affinity.key.decode(key);
    const last = lb4_affinity.value.decode(value, client);
    const bytes = lb4_affinity.value.encode(
      { ...last, lastUsed: BigInt.asUintN(64, last.lastUsed - BigInt(seconds)) },
      client,
    );
    lab.xdp.map('lb4_affinity').set(key, bytes);
  }
}

/** Takes one half of a flow out of its table. */
export function evictFlow(lab: Lab, key: LbxFlow4Key): void {
  lab.tables.delete(lbx_flow4, key);
}

/** The same of a reply half at a SNAT port (counted from the first), by its backend. */
export function evictReply(lab: Lab, index: number, proto: number, address: string, port: number): void {
  const bucket = lab.tables.get<{ index: number }, LbxRev4Bucket>(lbx_rev4, { index })!;
  const tag = bucket.tag.map((each, way) => {
    const { backendAddr, backendPort, proto: its } = bucket.entry[way]!;
    return backendAddr === address && backendPort === port && its === proto ? 0 : each;
  });
  lab.tables.set(lbx_rev4, { index }, { ...bucket, tag });
}
