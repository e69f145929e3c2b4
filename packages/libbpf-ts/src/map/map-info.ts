import { BpfError } from '../errors.ts';
import { type MapType, mapTypeName } from '../map-type.ts';
import { fieldText } from '../sys/bpf.ts';
import { objectInfo } from '../sys/object-info.ts';

/** What the kernel says about a map (`struct bpf_map_info`). Sizes in bytes. */
export interface MapInfo {
  readonly id: number;
  /** As the kernel keeps it: at most 15 characters. */
  readonly name: string;
  /** `'unspec'` for a type newer than this library; see `typeNumber`. */
  readonly type: MapType;
  readonly typeNumber: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** 0 when the map has no BTF. */
  readonly btfId: number;
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  readonly extra: bigint;
}

/** Reads it from the kernel. Throws BpfError, EINVAL when the fd is of no map. */
export function readMapInfo(fd: number): MapInfo {
  const bytes = Buffer.alloc(88);
  const result = objectInfo(fd, bytes);
  if (result < 0) throw new BpfError({ errno: result, operation: 'read info of', object: `map fd ${fd}` });
  const typeNumber = bytes.readUInt32LE(0);
  return {
    id: bytes.readUInt32LE(4),
    name: fieldText(bytes.subarray(24, 40)),
    type: mapTypeName(typeNumber) ?? 'unspec',
    typeNumber,
    keySize: bytes.readUInt32LE(8),
    valueSize: bytes.readUInt32LE(12),
    maxEntries: bytes.readUInt32LE(16),
    flags: bytes.readUInt32LE(20),
    btfId: bytes.readUInt32LE(64),
    keyTypeId: bytes.readUInt32LE(68),
    valueTypeId: bytes.readUInt32LE(72),
    extra: bytes.readBigUInt64LE(80),
  };
}
