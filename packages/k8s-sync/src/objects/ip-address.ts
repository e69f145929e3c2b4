import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { readAddress } from '@lbx/maps';

/** Address family, spelled as in `spec.ipFamilies` and in an EndpointSlice's `addressType`. */
export type IpFamily = 'IPv4' | 'IPv6';

/** The families in the order in which results are listed. */
export const ipFamilies: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** An address in its canonical text form (RFC 5952 for IPv6, no leading zeros for IPv4). */
export interface IpAddress {
  readonly family: IpFamily;
  readonly text: string;
}

/** A prefix with its host bits cleared. */
export interface IpPrefix {
  readonly family: IpFamily;
  readonly length: number;
  /** Network address, 4 or 16 bytes. */
  readonly network: Uint8Array;
  /** "192.0.2.0/24" */
  readonly text: string;
}

/** Of a node that has no other address of the family. */
export function loopback(family: IpFamily): IpAddress {
  return { family, text: family === 'IPv4' ? '127.0.0.1' : '::1' };
}

const dottedQuad = /^(\d{1,12})\.(\d{1,12})\.(\d{1,12})\.(\d{1,12})$/;

/**
 * Reads an address as Kubernetes components do: leading zeros in IPv4 are decimal ("010.0.0.1" is 10.0.0.1, stored
 * objects may have them), an IPv4-mapped IPv6 address is IPv4, zones ("fe80::1%eth0") are not accepted.
 *
 * @returns undefined if `text` is no address; whether that is an error is for the caller to say.
 */
export function readIpAddress(text: string): IpAddress | undefined {
  if (isCanonicalIpv6(text)) return { family: 'IPv6', text };
  if (isIPv4(text)) return { family: 'IPv4', text };
  const quad = dottedQuad.exec(text);
  if (quad !== null) {
    const plain = quad.slice(1).map(Number).join('.');
    return isIPv4(plain) ? { family: 'IPv4', text: plain } : undefined;
  }
  if (text.length > 45 || text.includes('%') || !isIPv6(text)) return undefined;
  const canonical = new SocketAddress({ family: 'ipv6', address: text }).address;
  if (canonical.startsWith('::ffff:') && canonical.includes('.')) {
    return { family: 'IPv4', text: canonical.slice(7) };
  }
  // The same object where it is the same text: it is kept once then.
  return { family: 'IPv6', text: canonical === text ? text : canonical };
}

/**
 * Nearly all are, and to see it takes a fifth of the time that the general way takes. Not those that begin with zeros: a
 * few of these end in a dotted quad in their canonical form.
 */
function isCanonicalIpv6(text: string): boolean {
  return text.includes(':') && !text.startsWith('::') && readAddress(text)?.text === text;
}

/** The bytes of a canonical address, 4 or 16, in network order. */
export function ipBytes(address: IpAddress): Uint8Array {
  if (address.family === 'IPv4') return Uint8Array.from(address.text.split('.'), Number);
  let text = address.text;
  // The kernel's text form ends in a dotted quad for a few old prefixes ("::192.0.2.1").
  const lastColon = text.lastIndexOf(':');
  if (text.includes('.')) {
    const [a, b, c, d] = text
      .slice(lastColon + 1)
      .split('.')
      .map(Number) as [number, number, number, number];
    text = `${text.slice(0, lastColon + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  }
  const [head = '', tail] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    const value = Number.parseInt(group, 16);
    bytes[2 * i] = value >> 8;
    bytes[2 * i + 1] = value & 0xff;
  });
  return bytes;
}

/**
 * Reads "address/length"; host bits are cleared. The length behind an IPv4-mapped address is that of IPv6, as in
 * Kubernetes components: "::ffff:192.0.2.0/120" is 192.0.2.0/24, and below 96 bits nothing of IPv4 is left.
 *
 * @returns undefined if `text` is no prefix.
 */
export function readIpPrefix(text: string): IpPrefix | undefined {
  const match = /^([^/]{1,64})\/(\d{1,9})$/.exec(text);
  const address = match === null ? undefined : readIpAddress(match[1]!);
  if (match === null || address === undefined) return undefined;
  const length = Number(match[2]);
  const mapped = address.family === 'IPv4' && match[1]!.includes(':');
  if (!mapped) return prefixOf(address.family, ipBytes(address), length);
  if (length >= mappedBits) return prefixOf('IPv4', ipBytes(address), length - mappedBits);
  return prefixOf(
    'IPv6',
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...ipBytes(address)),
    length,
  );
}

/** What comes before the IPv4 address in an IPv4-mapped one. */
const mappedBits = 96;

/** `network` is changed: its host bits are cleared. */
function prefixOf(family: IpFamily, network: Uint8Array, length: number): IpPrefix | undefined {
  if (length > network.length * 8) return undefined;
  for (let i = 0; i < network.length; i++) {
    const kept = Math.min(8, Math.max(0, length - 8 * i));
    network[i] = network[i]! & ((0xff00 >> kept) & 0xff);
  }
  return { family, length, network, text: `${ipText(network)}/${length}` };
}

/** Whether `address` lies in `prefix`; never across families. */
export function isInPrefix(prefix: IpPrefix, address: IpAddress): boolean {
  if (prefix.family !== address.family) return false;
  const bytes = ipBytes(address);
  for (let i = 0; i < bytes.length && 8 * i < prefix.length; i++) {
    const kept = Math.min(8, prefix.length - 8 * i);
    if (((bytes[i]! ^ prefix.network[i]!) & ((0xff00 >> kept) & 0xff)) !== 0) return false;
  }
  return true;
}

/** An address of every node, on whatever interface. */
export function isLoopback(address: IpAddress): boolean {
  return address.text === '::1' || (address.family === 'IPv4' && address.text.startsWith('127.'));
}

/** 0.0.0.0 or ::, which nothing can be sent to. */
export function isUnspecified(address: IpAddress): boolean {
  return address.text === '0.0.0.0' || address.text === '::';
}

/** "192.0.2.1:80" or "[2001:db8::1]:80". */
export function endpointText(address: string, port: number): string {
  // Joined, not added up: V8 keeps a sum as a tree of its parts.
  return address.includes(':') ? ['[', address, ']:', port].join('') : [address, port].join(':');
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}
