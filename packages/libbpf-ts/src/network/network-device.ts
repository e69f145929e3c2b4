import { attributesOf, textOf } from './netlink-message.ts';

/** A network device. */
export interface NetworkDevice {
  readonly ifindex: number;
  readonly name: string;
  /** Largest IP packet in bytes. */
  readonly mtu: number;
  /** What made it: `veth`, `vlan`, `bridge`, `dummy`, …; hardware has none. */
  readonly kind?: string;
  /** Of a VLAN device: the device that its tagged frames are on, and the id in their tag. */
  readonly vlan?: { readonly parent: number; readonly id: number };
  /** Its other end (of a veth pair), or what it lies on, is in another network namespace. */
  readonly isLinkedElsewhere?: true;
  readonly isUp: boolean;
  readonly isLoopback: boolean;
}

/** `struct ifinfomsg`: family 0, type 2, index 4, flags 8, change 12. */
const fixedBytes = 16;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_VLAN_ID = 1;
const IFLA_EXT_MASK = 29;
const IFLA_LINK_NETNSID = 37;
const RTEXT_FILTER_SKIP_STATS = 1 << 3;

/** Asks for all devices, without their counters. */
export function deviceRequest(): Buffer {
  const body = Buffer.alloc(fixedBytes + 8);
  body.writeUInt16LE(8, fixedBytes);
  body.writeUInt16LE(IFLA_EXT_MASK, fixedBytes + 2);
  body.writeUInt32LE(RTEXT_FILTER_SKIP_STATS, fixedBytes + 4);
  return body;
}

/** Reads the body of a RTM_NEWLINK message; undefined for one without a name. */
export function deviceOf(body: Buffer): NetworkDevice | undefined {
  if (body.length < fixedBytes) return undefined;
  const attributes = attributesOf(body.subarray(fixedBytes));
  const name = textOf(attributes.get(IFLA_IFNAME));
  if (name === undefined) return undefined;
  const info = attributesOf(attributes.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  const kind = textOf(info.get(IFLA_INFO_KIND));
  const parent = attributes.get(IFLA_LINK)?.readInt32LE(0);
  const id = vlanId(info.get(IFLA_INFO_DATA));
  const flags = body.readUInt32LE(8);
  return {
    ifindex: body.readInt32LE(4),
    name,
    mtu: attributes.get(IFLA_MTU)?.readUInt32LE(0) ?? 0,
    isUp: (flags & IFF_UP) !== 0,
    isLoopback: (flags & IFF_LOOPBACK) !== 0,
    ...(kind === undefined ? {} : { kind }),
    ...(attributes.has(IFLA_LINK_NETNSID) ? { isLinkedElsewhere: true as const } : {}),
    ...(kind === 'vlan' && parent !== undefined && id !== undefined ? { vlan: { parent, id } } : {}),
  };
}

function vlanId(data: Buffer | undefined): number | undefined {
  return data && attributesOf(data).get(IFLA_VLAN_ID)?.readUInt16LE(0);
}
