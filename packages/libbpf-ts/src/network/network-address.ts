import { attributesOf } from './netlink-message.ts';

/** An IP address of a device. */
export interface NetworkAddress {
  readonly ifindex: number;
  readonly family: 4 | 6;
  /** As text, IPv6 in its shortest form. */
  readonly address: string;
  readonly prefixLength: number;
  /** `link` addresses mean something on one link only, `host` ones on this node only. */
  readonly scope: 'global' | 'site' | 'link' | 'host';
  /** Not (or no longer) to be used for new connections: still being tested, a duplicate, too old, or short-lived for privacy. */
  readonly isUnsettled: boolean;
}

/** `struct ifaddrmsg`: family 0, prefix length 1, flags 2, scope 3, index 4. */
const fixedBytes = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const AF_INET = 2;
const AF_INET6 = 10;
/** IPv4 has one meaning for the bit 0x01 that IPv6 has another for. */
const IFA_F_TEMPORARY = 0x01;
const IFA_F_DADFAILED = 0x08;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const IFA_F_OPTIMISTIC = 0x04;

/** Asks for the addresses of both families. */
export const addressRequest = (): Buffer => Buffer.alloc(fixedBytes);

/** Reads the body of a RTM_NEWADDR message; undefined for other families than IP. */
export function addressOf(body: Buffer): NetworkAddress | undefined {
  if (body.length < fixedBytes) return undefined;
  const family = body[0] === AF_INET ? 4 : body[0] === AF_INET6 ? 6 : undefined;
  const attributes = attributesOf(body.subarray(fixedBytes));
  // Point-to-point devices have the other end's address in IFA_ADDRESS.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (family === undefined || bytes?.length !== (family === 4 ? 4 : 16)) return undefined;
  const flags = attributes.get(IFA_FLAGS)?.readUInt32LE(0) ?? body[2] ?? 0;
  return {
    ifindex: body.readUInt32LE(4),
    family,
    address: family === 4 ? bytes.join('.') : ipv6Text(bytes),
    prefixLength: body[1] ?? 0,
    scope: scopeOf(body[3] ?? 0),
    isUnsettled: family === 6 && isUnsettled(flags),
  };
}

function isUnsettled(flags: number): boolean {
  // An optimistic address may be used while it is tested.
  if ((flags & IFA_F_TENTATIVE) !== 0 && (flags & IFA_F_OPTIMISTIC) === 0) return true;
  return (flags & (IFA_F_TEMPORARY | IFA_F_DADFAILED | IFA_F_DEPRECATED)) !== 0;
}

/** `RT_SCOPE_*`. */
function scopeOf(number: number): NetworkAddress['scope'] {
  if (number >= 254) return 'host';
  if (number === 253) return 'link';
  return number >= 200 ? 'site' : 'global';
}

function ipv6Text(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  // The URL parser writes addresses in their shortest form.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
