import { BpfError } from '../errors.ts';
import { memoryHint } from '../hint.ts';
import { errnoNumber } from '../sys/errno.ts';

const E2BIG = errnoNumber('E2BIG');
const EPERM = errnoNumber('EPERM');
const EEXIST = errnoNumber('EEXIST');
const ENOENT = errnoNumber('ENOENT');

/** The parts of a map that an error speaks of. */
export interface NamedMap {
  readonly name: string;
  readonly type: string;
  readonly maxEntries: number;
}

/** Error of an operation on a map, with what the errno means there. */
export function mapError(errno: number, operation: string, map: NamedMap): BpfError {
  return new BpfError({ errno, operation, object: map.name, hint: mapHint(errno, map) });
}

/** What an errno of an element operation means for this map. */
export function mapHint(errno: number, map: NamedMap): string | undefined {
  switch (Math.abs(errno)) {
    case E2BIG:
      return map.type.includes('array')
        ? `its last index is ${map.maxEntries - 1}`
        : `it is full: max_entries is ${map.maxEntries}`;
    case EEXIST:
      return 'the key is there already, and the flag was "noexist"';
    case ENOENT:
      return 'the key is not there, and the flag was "exist"';
    case EPERM:
      return memoryHint(errno, ['CAP_BPF']) ?? 'the map may be frozen or opened read-only';
    default:
      return memoryHint(errno, ['CAP_BPF']);
  }
}
