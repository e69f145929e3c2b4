import { FieldError } from '../errors.ts';
import { type Field, field, plainText } from './field.ts';

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, n) => String(n));
const DOT = 46;

/**
 * A dotted quad as an unsigned 32-bit number (first octet highest), or -1 when the text is none.
 * Strict: four decimal octets, no leading zeroes, nothing around them.
 */
export function parseIpv4Number(text: string): number {
  const length = text.length;
  if (length < 7 || length > 15) return -1;
  let sum = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return -1; // leading zero
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else if (digit === DOT - 48 && octet >= 0 && dots < 3) {
      sum = (sum << 8) | octet;
      octet = -1;
      dots++;
    } else {
      return -1;
    }
  }
  return dots === 3 && octet >= 0 ? ((sum << 8) | octet) >>> 0 : -1;
}

/** Dotted quad of an unsigned 32-bit number (first octet highest). */
export function formatIpv4Number(n: number): string {
  return `${DIGITS[n >>> 24]}.${DIGITS[(n >>> 16) & 255]}.${DIGITS[(n >>> 8) & 255]}.${DIGITS[n & 255]}`;
}

/** IPv4 address in network order; the value is a dotted quad. */
export const ipv4: Field<string> = field<string>({
  size: 4,
  align: 4,
  ctype: '__be32',
  order: 'network',
  text: plainText,
  put(view, at, value) {
    const n = typeof value === 'string' ? parseIpv4Number(value) : -1;
    if (n < 0) {
      throw new FieldError(
        'LBX_ADDRESS',
        `${JSON.stringify(value)} is no IPv4 address like 192.0.2.1`,
        value,
      );
    }
    view.setUint32(at, n, false);
  },
  get: (view, at) => formatIpv4Number(view.getUint32(at, false)),
});
