import { BpfError } from '../errors.ts';
import { lastErrno, libc } from './libc.ts';

const F_DUPFD_CLOEXEC = 1030;

/** A second descriptor of the same kernel object, closed on exec. */
export function duplicateFd(fd: number, object: string): number {
  const copy = libc().fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw new BpfError({ errno: lastErrno(), operation: 'duplicate the fd of', object });
  return copy;
}
