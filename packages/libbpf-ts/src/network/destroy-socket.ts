import { BpfError, NotSupportedError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { errnoNumber } from '../sys/errno.ts';
import { netlinkMessages } from './netlink-message.ts';
import { NETLINK_SOCK_DIAG, NetlinkSocket } from './netlink-socket.ts';

/** linux/sock_diag.h, linux/netlink.h */
const SOCK_DESTROY = 21;
const NLMSG_ERROR = 2;
const NLM_F_REQUEST_ACK = 1 | 4;
const AF_INET = 2;
const AF_INET6 = 10;

/** A socket of the network namespace that the thread is in, as the kernel's socket diagnosis names it. */
export interface SocketName {
  readonly protocol: 'tcp' | 'udp';
  readonly family: 4 | 6;
  /** 4 bytes, of IPv6 sockets 16 (with IPv4 mapped into them). */
  readonly localAddress: Uint8Array;
  readonly localPort: number;
  readonly remoteAddress: Uint8Array;
  readonly remotePort: number;
  /** Device that it is bound to; default none. */
  readonly ifindex?: number;
  /** `bpf_get_socket_cookie()`: no other socket is meant, even if it took the addresses over. Default: whichever it is. */
  readonly cookie?: bigint;
}

/**
 * Ends a socket under the application that holds it, which gets ECONNABORTED: a TCP connection is reset, a connected UDP
 * socket disconnected. Returns false when there is no such socket (or no diagnosis for its protocol: udp_diag). Needs
 * CAP_NET_ADMIN in the namespace, and a kernel with CONFIG_INET_DIAG_DESTROY.
 */
export function destroySocket(name: SocketName): boolean {
  const socket = new NetlinkSocket(0, NETLINK_SOCK_DIAG);
  try {
    socket.send(destroyRequest(name));
    const errno = acknowledged(socket);
    if (errno === 0) return true;
    if (errno === -errnoNumber('ENOENT')) return false;
    throw failure(errno, name);
  } finally {
    socket.close();
  }
}

/** `struct nlmsghdr`, `struct inet_diag_req_v2`. */
function destroyRequest(name: SocketName): Buffer {
  const message = Buffer.alloc(16 + 56);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(SOCK_DESTROY, 4);
  message.writeUInt16LE(NLM_F_REQUEST_ACK, 6);
  const request = message.subarray(16);
  request[0] = name.family === 4 ? AF_INET : AF_INET6;
  request[1] = name.protocol === 'tcp' ? 6 : 17;
  request.writeUInt32LE(0xffffffff, 4);
  request.writeUInt16BE(name.localPort, 8);
  request.writeUInt16BE(name.remotePort, 10);
  request.set(name.localAddress, 12);
  request.set(name.remoteAddress, 28);
  request.writeUInt32LE(name.ifindex ?? 0, 44);
  request.writeBigUInt64LE(name.cookie ?? 0xffff_ffff_ffff_ffffn, 48);
  return message;
}

/** The kernel answers before send() returns: 0, or a negative errno. */
function acknowledged(socket: NetlinkSocket): number {
  const bytes = socket.receive();
  if (bytes instanceof Buffer) {
    for (const { type, body } of netlinkMessages(bytes)) if (type === NLMSG_ERROR) return body.readInt32LE(0);
  }
  return -errnoNumber('EPROTO');
}

function failure(errno: number, { protocol }: SocketName): BpfError {
  const fields = { errno, operation: 'destroy', object: `a ${protocol} socket` };
  if (errno === -errnoNumber('EOPNOTSUPP')) {
    return new NotSupportedError({ ...fields, feature: 'CONFIG_INET_DIAG_DESTROY', since: '4.9' });
  }
  return new BpfError({ ...fields, hint: permissionHint(errno, ['CAP_NET_ADMIN']) });
}
