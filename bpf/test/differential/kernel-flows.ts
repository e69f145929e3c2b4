import {
  type Family,
  flowCatalog,
  type LbxFlow4,
  type LbxFlow4Key,
  type LbxFragment,
  type LbxFragment4Key,
  type LbxRev4,
  type LbxRev4Bucket,
} from '@lbx/maps';
import type { Kernel } from './kernel.ts';
import { usedElements } from './kernel-tables.ts';
import { mapsOfFamily } from './map-names.ts';
import { families, familyOf } from './place.ts';

// Those of IPv6 have the same fields, but for the checksum delta of the IP header.

/** The flow tables of the programs, both families. */
export interface KernelFlows {
  readonly flows: readonly (readonly [LbxFlow4Key, LbxFlow4])[];
  /** Reply halves by SNAT port. */
  readonly replies: readonly (readonly [number, LbxRev4])[];
  /** Client and service; backend; seconds. */
  readonly affinities: readonly (readonly [string, number, number])[];
  /** Datagrams in pieces, and their ports. */
  readonly fragments: readonly (readonly [LbxFragment4Key, LbxFragment])[];
}

export function readFlows(kernel: Kernel, firstPort: number): KernelFlows {
  return {
    flows: families.flatMap((family) => kernel.entries<LbxFlow4Key, LbxFlow4>(mapsOfFamily[family].flow)),
    replies: families.flatMap((family) =>
      [...usedBuckets(kernel, family)].flatMap(({ index, bucket }) =>
        bucket.entry.flatMap((half, way) => (bucket.tag[way] ? [[firstPort + index, half] as const] : [])),
      ),
    ),
    fragments: families.flatMap((family) =>
      kernel.entries<LbxFragment4Key, LbxFragment>(mapsOfFamily[family].fragments),
    ),
    affinities: families.flatMap((family) =>
      kernel
        .entries<{ clientIp: string; revNatId: number }, { backendId: number; lastUsed: bigint }>(
          mapsOfFamily[family].affinity,
        )
        .map(
          ([key, { backendId, lastUsed }]) =>
            [`${key.clientIp} ${key.revNatId}`, backendId, Number(lastUsed)] as const,
        ),
    ),
  };
}

/** Buckets with a flow: their tags, which come first, are not all zero. */
function* usedBuckets(
  kernel: Kernel,
  family: Family,
): Generator<{ index: number; key: Uint8Array; bucket: LbxRev4Bucket }> {
  const layout = mapsOfFamily[family].reply;
  for (const { key, value } of usedElements(kernel, layout)) {
    const place = layout.key.decode(key);
    yield { index: place.index, key, bucket: layout.value.decode(value, place) as LbxRev4Bucket };
  }
}

/** Forgets all flows, and what was remembered of routes. */
export function clearFlows(kernel: Kernel): void {
  for (const family of families) {
    const { affinity, reply, fragments } = mapsOfFamily[family];
    kernel.flows[family].clear();
    kernel.map(affinity.name).clear();
    kernel.map(fragments.name).clear();
    empty(kernel, reply);
  }
  empty(kernel, flowCatalog.lbx_backend_hops);
  empty(kernel, flowCatalog.lbx_routes);
}

function empty(kernel: Kernel, layout: Parameters<typeof usedElements>[1]): void {
  const map = kernel.map(layout.name);
  for (const { key } of [...usedElements(kernel, layout)]) map.set(key, new Uint8Array(map.valueSize));
}

/** Makes everything that the tables remember that much older. */
export function makeOlder(kernel: Kernel, jiffies: number, seconds: number): void {
  const older = <T extends { lastSeen: number; checked: number }>(half: T): T => ({
    ...half,
    lastSeen: (half.lastSeen - jiffies) >>> 0,
    checked: (half.checked - jiffies) >>> 0,
  });
  agedHops(kernel, jiffies);
  for (const family of families) {
    const { flow, affinity, reply, fragments } = mapsOfFamily[family];
    for (const [key, ports] of kernel.entries<object, LbxFragment>(fragments))
      kernel.set(fragments, key, { ...ports, seen: (ports.seen - jiffies) >>> 0 });
    for (const [key, half] of kernel.entries<LbxFlow4Key, LbxFlow4>(flow)) kernel.set(flow, key, older(half));
    for (const { index, bucket } of [...usedBuckets(kernel, family)])
      kernel.set(reply, { index }, { ...bucket, entry: bucket.entry.map(older) });
    for (const [key, last] of kernel.entries<object, { lastUsed: bigint; backendId: number }>(affinity)) {
      kernel.set(affinity, key, { ...last, lastUsed: BigInt.asUintN(64, last.lastUsed - BigInt(seconds)) });
    }
  }
}

/** Of all backends, also of those whose entries somebody has deleted. */
function agedHops(kernel: Kernel, jiffies: number): void {
  const layout = flowCatalog.lbx_backend_hops;
  for (const { key } of [...usedElements(kernel, layout)]) {
    const id = layout.key.decode(key);
    const hop = kernel.get<object, { checked: number }>(layout, id)!;
    kernel.set(layout, id, { ...hop, checked: (hop.checked - jiffies) >>> 0 });
  }
}

/** Takes one half of a flow out of its table. */
export function evictFlow(kernel: Kernel, key: LbxFlow4Key): void {
  kernel.delete(mapsOfFamily[familyOf(key.saddr)].flow, key);
}

/** The same of a reply half at a SNAT port (counted from the first), by its backend. */
export function evictReply(
  kernel: Kernel,
  index: number,
  proto: number,
  address: string,
  port: number,
): void {
  const layout = mapsOfFamily[familyOf(address)].reply;
  const bucket = kernel.get<{ index: number }, LbxRev4Bucket>(layout, { index })!;
  const tag = bucket.tag.map((each, way) => {
    const { backendAddr, backendPort, proto: its } = bucket.entry[way]!;
    return backendAddr === address && backendPort === port && its === proto ? 0 : each;
  });
  kernel.set(layout, { index }, { ...bucket, tag });
}
