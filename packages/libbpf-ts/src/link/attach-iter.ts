import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { attachTypes } from '../program-type.ts';
import { errnoNumber } from '../sys/errno.ts';
import { createLinkFd } from './create-link.ts';
import { KernelLink, type Link, type LinkedProgram } from './link.ts';

export interface IterOptions {
  /** The map that `iter/bpf_map_elem` and `iter/bpf_sk_storage_map` programs walk. */
  readonly map?: { readonly fd: number };
}

/** Makes an iterator of a SEC("iter/…") program. It runs whenever it is read: {@link readIterator}. */
export function attachIter(program: LinkedProgram, options: IterOptions = {}): Link {
  const info = options.map && Buffer.alloc(16);
  if (info && options.map) info.writeUInt32LE(options.map.fd, 0);
  const fd = createLinkFd({
    programFd: program.fd,
    target: 0,
    attachType: attachTypes.trace_iter,
    ...(info ? { iterInfo: info } : {}),
  });
  if (fd >= 0) return new KernelLink(fd, `iterator ${program.name}`);
  throw new BpfError({
    errno: fd,
    operation: 'make iterator of program',
    object: program.name,
    hint: iterHint(fd, options),
  });
}

function iterHint(errno: number, { map }: IterOptions): string | undefined {
  if (Math.abs(errno) === errnoNumber('EBADF') && map === undefined)
    return 'programs that walk a map need it: attachIter({ map })';
  if (Math.abs(errno) === errnoNumber('EINVAL')) return 'the program must be one of SEC("iter/…")';
  return permissionHint(errno, ['CAP_BPF', 'CAP_PERFMON']);
}
