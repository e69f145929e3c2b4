const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, n) => String(n));
const DIGITS_DOT: readonly string[] = DIGITS.map((digits) => `${digits}.`);
const ZERO = 48;
const DOT = 46;

/**
 * The address that readIpv4 read last, as a signed 32-bit number (first octet highest). A place instead of a result:
 * numbers of 2^31 and more would be allocated when returned.
 */
export const ipv4Read = new Int32Array(1);
/** Its text. The entries of a service come one after the other and share its address: it need not be read again. */
let lastText = '0.0.0.0';

/**
 * Reads a dotted quad into `ipv4Read`; false when the text is none, and then nothing is changed.
 * Strict: four decimal octets, no leading zeroes, nothing around them.
 */
export function readIpv4(text: string): boolean {
  if (text === lastText) return true;
  const length = text.length;
  if (length < 7 || length > 15) return false;
  let at = 0;
  let sum = 0;
  // Unrolled, and never reads beyond the end: charCodeAt would answer NaN there, and doubles cost twice the time.
  for (let dots = 0; ; dots++) {
    let octet = text.charCodeAt(at++) - ZERO;
    if (octet < 0 || octet > 9) return false;
    if (at < length) {
      let digit = text.charCodeAt(at) - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (octet === 0) return false;
        octet = octet * 10 + digit;
        if (++at < length) {
          digit = text.charCodeAt(at) - ZERO;
          if (digit >= 0 && digit <= 9) {
            octet = octet * 10 + digit;
            if (octet > 255) return false;
            at++;
          }
        }
      }
    }
    sum = (sum << 8) | octet;
    if (dots === 3) {
      if (at !== length) return false;
      ipv4Read[0] = sum;
      lastText = text;
      return true;
    }
    // A dot and something after it.
    if (at + 1 >= length || text.charCodeAt(at++) !== DOT) return false;
  }
}

/** A dotted quad as an unsigned 32-bit number (first octet highest), or -1 when the text is none. */
export function parseIpv4Number(text: string): number {
  if (!readIpv4(text)) return -1;
  return ipv4Read[0]! >>> 0;
}

/** Dotted quad of an unsigned 32-bit number (first octet highest). */
export function formatIpv4Number(n: number): string {
  return (
    DIGITS_DOT[n >>> 24]! + DIGITS_DOT[(n >>> 16) & 255]! + DIGITS_DOT[(n >>> 8) & 255]! + DIGITS[n & 255]!
  );
}
