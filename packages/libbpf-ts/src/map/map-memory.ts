import { LibbpfError } from '../errors.ts';
import { Mapping, pageSize } from '../sys/mapping.ts';

/** Flag of map creation that lets user space map an array's values. */
export const BPF_F_MMAPABLE = 1 << 10;

/** Maps an array's values into memory, writable. */
export function mapMemory(map: {
  readonly fd: number;
  readonly name: string;
  readonly type: string;
  readonly flags: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly readOnly: boolean;
}): Mapping {
  if (map.type !== 'array' || (map.flags & BPF_F_MMAPABLE) === 0) {
    throw new LibbpfError('LBX_NOT_SUPPORTED', `map ${map.name} (${map.type}) cannot be mapped into memory`, {
      hint: 'declare it as BPF_MAP_TYPE_ARRAY with map_flags BPF_F_MMAPABLE (Linux 5.5 or newer)',
    });
  }
  if (map.readOnly) {
    throw new LibbpfError('LBX_NOT_SUPPORTED', `map ${map.name} is opened for reading only`, {
      hint: 'the kernel maps a BPF map into memory only by an fd that may write; read it entry by entry or in batches',
    });
  }
  const page = pageSize();
  const length = Math.ceil((((map.valueSize + 7) & ~7) * map.maxEntries) / page) * page;
  return new Mapping(map.fd, length, { writable: true, object: `map ${map.name}` });
}
