import { closeSync } from 'node:fs';
import { BpfError } from '../errors.ts';
import { memoryHint } from '../hint.ts';
import { isMapInMapType, mapTypes } from '../map-type.ts';
import type { MapSpec } from '../spec/map-spec.ts';
import { Attr, command } from '../sys/bpf.ts';
import type { Capability } from '../sys/capabilities.ts';

const BPF_F_NUMA_NODE = 1 << 2;

/** What a map is made from: of a {@link MapSpec} only what the kernel asks for. */
export type NewMap = Pick<MapSpec, 'type' | 'keySize' | 'valueSize' | 'maxEntries'> &
  Partial<Pick<MapSpec, 'name' | 'flags' | 'numaNode' | 'extra'>> & {
    /** Template of the inner maps of a map of maps. */
    readonly innerSpec?: NewMap;
    /** An existing map as the template of inner maps, in place of `innerSpec`. */
    readonly innerFd?: number;
  };

/** BPF_MAP_CREATE. The caller closes the fd. BTF ids of the spec are of another BTF and are not used. */
export function createMapFd(spec: NewMap): number {
  const innerFd =
    spec.innerFd ?? (isMapInMapType(spec.type) && spec.innerSpec ? createMapFd(spec.innerSpec) : 0);
  try {
    const numa = spec.numaNode === undefined ? 0 : BPF_F_NUMA_NODE;
    const attr = new Attr()
      .u32(0, mapTypes[spec.type])
      .u32(4, spec.keySize)
      .u32(8, spec.valueSize)
      .u32(12, spec.maxEntries)
      .u32(16, (spec.flags ?? 0) | numa)
      .u32(20, innerFd)
      .u32(24, spec.numaNode ?? 0)
      .name(28, spec.name ?? '')
      .u64(64, spec.extra ?? 0n);
    const result = attr.run(command.mapCreate);
    if (result >= 0) return result;
    throw new BpfError({
      errno: result,
      operation: 'create map',
      object: `${spec.name ?? '(unnamed)'} (${describe(spec)})`,
      hint: memoryHint(result, neededFor(spec)),
    });
  } finally {
    if (innerFd > 0 && spec.innerFd === undefined) closeSync(innerFd);
  }
}

/** Types that steer packets want CAP_NET_ADMIN on top. */
export function neededFor(spec: Pick<MapSpec, 'type'>): Capability[] {
  const network = ['devmap', 'devmap_hash', 'sockmap', 'sockhash', 'cpumap', 'xskmap'].includes(spec.type);
  return network ? ['CAP_BPF', 'CAP_NET_ADMIN'] : ['CAP_BPF'];
}

function describe(spec: NewMap): string {
  return `${spec.type}, key ${spec.keySize} B, value ${spec.valueSize} B, ${spec.maxEntries} entries, flags 0x${(spec.flags ?? 0).toString(16)}`;
}
