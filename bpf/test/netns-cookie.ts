import koffi from 'koffi';

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_NETNS_COOKIE = 71;

/** The cookie of this process's network namespace: what lbx_host_netns_cookie is compared with. Kernel 5.14. */
export function netnsCookie(): bigint {
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)');
  const getsockopt = libc.func('int getsockopt(int, int, int, _Out_ uint64_t *, _Inout_ uint32_t *)');
  const close = libc.func('int close(int)');
  const fd = socket(AF_INET, SOCK_DGRAM, 0) as number;
  const cookie = [0n];
  try {
    if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, [8]) !== 0)
      throw new Error(`getsockopt(SO_NETNS_COOKIE): errno ${koffi.errno()}`);
  } finally {
    close(fd);
  }
  return BigInt(cookie[0]!);
}
