import { closeSync, readSync } from 'node:fs';
import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { Attr, command } from '../sys/bpf.ts';
import { errnoNumber } from '../sys/errno.ts';
import type { Link } from './link.ts';

/** As much as the kernel keeps for one read. */
const chunkBytes = 32768;

/**
 * Runs an iterator over all it walks, and gives what its program wrote (`bpf_seq_write`, `BPF_SEQ_PRINTF`). Sockets and
 * devices are those of the network namespace that the thread is in: see {@link inNetns}.
 */
export function readIterator(link: Link): Buffer {
  const operation = `run ${link.target}`;
  if (link.fd === undefined) throw notAnIterator(operation);
  const fd = new Attr().u32(0, link.fd).run(command.iterCreate);
  if (Math.abs(fd) === errnoNumber('EINVAL') && fd < 0) throw notAnIterator(operation, fd);
  if (fd < 0) {
    throw new BpfError({
      errno: fd,
      operation,
      object: '',
      hint: permissionHint(fd, ['CAP_BPF', 'CAP_PERFMON']),
    });
  }
  try {
    return readAll(fd, operation);
  } finally {
    closeSync(fd);
  }
}

function readAll(fd: number, operation: string): Buffer {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    const length = readChunk(fd, chunk, operation);
    if (length === 0) return Buffer.concat(chunks);
    if (length > 0) chunks.push(chunk.subarray(0, length));
  }
}

/** -1: nothing yet. The kernel comes up for air now and then, and wants to be called again. */
function readChunk(fd: number, chunk: Buffer, operation: string): number {
  try {
    return readSync(fd, chunk);
  } catch (cause) {
    const { code = 'EIO' } = cause as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return -1;
    throw new BpfError({ errno: errnoNumber(code), operation, object: '', cause });
  }
}

const notAnIterator = (operation: string, errno = errnoNumber('EINVAL')) =>
  new BpfError({
    errno,
    operation,
    object: '',
    hint: 'only links of attachIter() can be read',
  });
