import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { BpfError } from '../errors.ts';
import { lastErrno } from './libc.ts';

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/**
 * The number by which BPF programs know this thread's network namespace (`bpf_get_netns_cookie`): it is never given
 * again while the machine runs. Throws BpfError, ENOPROTOOPT before Linux 5.14.
 */
export function netnsCookie(): bigint {
  const library = koffi.load(null);
  const openSocket = library.func('int socket(int, int, int)');
  const getOption = library.func('int getsockopt(int, int, int, _Out_ uint64_t *, _Inout_ uint32_t *)');
  const fd = openSocket(AF_INET, SOCK_DGRAM_CLOEXEC, 0) as number;
  if (fd < 0) throw failure('open a socket in');
  try {
    const cookie = [0n];
    if (getOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, [8]) !== 0) throw failure('read the cookie of');
    return BigInt(cookie[0] ?? 0n);
  } finally {
    closeSync(fd);
  }
}

const failure = (operation: string) =>
  new BpfError({ errno: lastErrno(), operation, object: 'this network namespace' });
