import { findInterface } from '../link/network-interface.ts';
import { errnoNumber } from '../sys/errno.ts';
import { netlinkAsk, withNetlink } from './netlink-dump.ts';
import { attribute, attributesOf } from './netlink-message.ts';
import { NETLINK_GENERIC, type NetlinkSocket } from './netlink-socket.ts';

/** What the driver of an interface can do for XDP programs: `NETDEV_XDP_ACT_*` of linux/netdev.h. */
export type XdpFeature =
  /** Native XDP with PASS, DROP, TX and ABORTED. */
  | 'basic'
  | 'redirect'
  /** Takes packets that programs of other devices redirect to it. */
  | 'redirect-target'
  | 'zero-copy'
  | 'offload'
  /** Packets in several buffers (`xdp.frags`). */
  | 'frags'
  | 'redirect-target-frags';

const order: readonly XdpFeature[] = [
  'basic',
  'redirect',
  'redirect-target',
  'zero-copy',
  'offload',
  'frags',
  'redirect-target-frags',
];

/** `struct genlmsghdr`: command 0, version 1. */
const fixedBytes = 4;
const GENL_ID_CTRL = 16;
const CTRL_CMD_GETFAMILY = 3;
const CTRL_ATTR_FAMILY_ID = 1;
const CTRL_ATTR_FAMILY_NAME = 2;
const NETDEV_CMD_DEV_GET = 1;
const NETDEV_A_DEV_IFINDEX = 1;
const NETDEV_A_DEV_XDP_FEATURES = 3;

/**
 * What the driver of an interface says of itself, without any program being tried; undefined before Linux 6.3, which has
 * no such question. Few devices have it all the time: some only while a feature or ring size allows it. Needs no privilege.
 */
export function queryXdpFeatures(interfaceOrIndex: number | string): ReadonlySet<XdpFeature> | undefined {
  const { ifindex, label } = findInterface(interfaceOrIndex);
  return withNetlink(NETLINK_GENERIC, (socket) => {
    const family = familyId(socket, 'netdev');
    if (family === undefined) return undefined;
    const bits = netlinkAsk(socket, {
      type: family,
      body: commandOf(NETDEV_CMD_DEV_GET, attribute(NETDEV_A_DEV_IFINDEX, u32(ifindex))),
      answer: family,
      read: (body) =>
        attributesOf(body.subarray(fixedBytes)).get(NETDEV_A_DEV_XDP_FEATURES)?.readBigUInt64LE(0),
      subject: `XDP features of ${label}`,
    });
    return bits === undefined ? undefined : featuresOf(bits);
  });
}

/** The set for the bits. */
export const featuresOf = (bits: bigint): ReadonlySet<XdpFeature> =>
  new Set(order.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n));

function familyId(socket: NetlinkSocket, name: string): number | undefined {
  try {
    return netlinkAsk(socket, {
      type: GENL_ID_CTRL,
      body: commandOf(CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, Buffer.from(`${name}\0`))),
      answer: GENL_ID_CTRL,
      read: (body) => attributesOf(body.subarray(fixedBytes)).get(CTRL_ATTR_FAMILY_ID)?.readUInt16LE(0),
      subject: `the netlink family ${name}`,
    });
  } catch (error) {
    if ((error as { errno?: unknown }).errno === errnoNumber('ENOENT')) return undefined;
    throw error;
  }
}

function commandOf(command: number, attributes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([command, 1, 0, 0]), attributes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
