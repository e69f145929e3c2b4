import { closeSync } from 'node:fs';
import type { Btf } from '../btf/btf.ts';
import { parseBtf } from '../btf/parse-btf.ts';
import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { Attr, command } from '../sys/bpf.ts';
import { addressOf, keepAlive } from '../sys/libc.ts';
import { objectInfo } from '../sys/object-info.ts';
import type { MapInfo } from './map-info.ts';

/** Types of a map's keys and values, as the object it came from declared them. */
export interface MapBtf {
  readonly btf: Btf;
  /** Number of the key's type in `btf`; 0 when it has none. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
}

/** Offsets of `struct bpf_btf_info`. */
const fields = { data: 0, size: 8, length: 32 } as const;

/** Reads a map's BTF from the kernel; undefined when it was made without. Needs CAP_SYS_ADMIN. */
export function readMapBtf(info: MapInfo): MapBtf | undefined {
  if (info.btfId === 0) return undefined;
  const fd = new Attr().u32(0, info.btfId).run(command.btfGetFdById);
  if (fd < 0) throw btfError(fd, info);
  try {
    const first = Buffer.alloc(fields.length);
    let result = objectInfo(fd, first);
    if (result < 0) throw btfError(result, info);
    const data = new Uint8Array(first.readUInt32LE(fields.size));
    const second = Buffer.alloc(fields.length);
    second.writeBigUInt64LE(BigInt(addressOf(data)), fields.data);
    second.writeUInt32LE(data.byteLength, fields.size);
    result = objectInfo(fd, second);
    keepAlive(data);
    if (result < 0) throw btfError(result, info);
    return { btf: parseBtf(data), keyTypeId: info.keyTypeId, valueTypeId: info.valueTypeId };
  } finally {
    closeSync(fd);
  }
}

function btfError(errno: number, info: MapInfo): BpfError {
  const hint = permissionHint(errno, ['CAP_SYS_ADMIN']);
  return new BpfError({ errno, operation: 'read BTF of map', object: info.name, hint });
}
