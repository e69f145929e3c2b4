import { parseIpv4Number } from '../codec/ipv4-text.ts';
import { formatIpv6, putIpv6 } from '../codec/ipv6.ts';

/** IP version. */
export type Family = 4 | 6;

/** An IP address that was read: canonical text, and a key that sorts addresses of one family by their bytes. */
export interface Address {
  readonly family: Family;
  /** Dotted quad, or IPv6 as in RFC 5952. */
  readonly text: string;
  /** Compares as the bytes do, within one family: the number that they are; of IPv6 a text whose codes are its 16-bit words. */
  readonly order: number | string;
}

const view = new DataView(new ArrayBuffer(16));

/** Reads an IPv4 or IPv6 address; undefined when the text is none, or is an IPv4-mapped one (write the IPv4 address). */
export function readAddress(text: string): Address | undefined {
  const number = parseIpv4Number(text);
  if (number >= 0) return { family: 4, text, order: number };
  if (!putIpv6(view, 0, text) || isMapped()) return undefined;
  return { family: 6, text: formatIpv6(view, 0), order: String.fromCharCode(...words()) };
}

/** Is it an address as `readAddress` takes it? Allocates nothing. */
export function isAddress(text: string): boolean {
  return parseIpv4Number(text) >= 0 || (putIpv6(view, 0, text) && !isMapped());
}

/** Of what was read last: its 16-bit words, which compare as the characters with these codes do. */
function words(): [number, number, number, number, number, number, number, number] {
  const word = (at: number) => view.getUint16(at);
  return [word(0), word(2), word(4), word(6), word(8), word(10), word(12), word(14)];
}

function isMapped(): boolean {
  return view.getUint32(0) === 0 && view.getUint32(4) === 0 && view.getUint32(8) === 0xffff;
}

/** IP version by the look of an address, without checking it. */
export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}

/** Is it 0.0.0.0 or ::, in any spelling? */
export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || (familyOf(address) === 6 && /^[0:]+$/.test(address));
}
