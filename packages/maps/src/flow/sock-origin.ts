import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u16, u32, u64 } from '../codec/integers.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { scalar, struct } from '../codec/struct.ts';

// bpf/include/lbx/sock_origin.h, sock_stale.h

/** Socket storage is asked by the fd of a socket of one's own. */
export const LbxSockOriginKey = scalar('fd', u32.as('int').doc('A socket'));

const backend = ipv6.doc('Where the socket was sent; IPv4 mapped into ::ffff:0:0/96');
const service = ipv6.doc('What the application asked for');

/** What a connected socket asked for, kept in the socket itself. */
export const LbxSockOrigin = struct('lbx_sock_origin', {
  backend,
  service,
  backendPort: be16.doc('0: the socket has connected on its own since'),
  servicePort: be16,
  slot: u16.doc('Of the service, that led to the backend at the time; 0: not known'),
  pad: pad(2),
});
export type LbxSockOrigin = TypeOf<typeof LbxSockOrigin>;

/** A connected UDP socket whose backend is gone, as the iterators of sockstale and sockdestroy write it. */
export const LbxStaleSocket = struct('lbx_stale_socket', {
  cookie: u64.doc('Socket cookie'),
  local: ipv6.doc('Its own address'),
  backend,
  service,
  localPort: be16,
  backendPort: be16,
  servicePort: be16,
  family: u16.doc('2 AF_INET, 10 AF_INET6: of the socket'),
  ifindex: u32.doc('Device that it is bound to, or 0'),
  netns: u32.doc('Inode number of its network namespace'),
});
export type LbxStaleSocket = TypeOf<typeof LbxStaleSocket>;
