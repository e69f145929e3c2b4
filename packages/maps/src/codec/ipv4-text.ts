const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, n) => String(n));
const DIGITS_DOT: readonly string[] = DIGITS.map((digits) => `${digits}.`);
const ZERO = 48;
const DOT = 46;

/**
 * A dotted quad as an unsigned 32-bit number (first octet highest), or -1 when the text is none.
 * Strict: four decimal octets, no leading zeroes, nothing around them.
 */
export function parseIpv4Number(text: string): number {
  const length = text.length;
  if (length < 7 || length > 15) return -1;
  let at = 0;
  let sum = 0;
  // Unrolled, and never reads beyond the end: charCodeAt would answer NaN there, and doubles cost twice the time.
  for (let dots = 0; ; dots++) {
    let octet = text.charCodeAt(at++) - ZERO;
    if (octet < 0 || octet > 9) return -1;
    if (at < length) {
      let digit = text.charCodeAt(at) - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (octet === 0) return -1;
        octet = octet * 10 + digit;
        if (++at < length) {
          digit = text.charCodeAt(at) - ZERO;
          if (digit >= 0 && digit <= 9) {
            octet = octet * 10 + digit;
            if (octet > 255) return -1;
            at++;
          }
        }
      }
    }
    sum = (sum << 8) | octet;
    if (dots === 3) return at === length ? sum >>> 0 : -1;
    // A dot and something after it.
    if (at + 1 >= length || text.charCodeAt(at++) !== DOT) return -1;
  }
}

/** Dotted quad of an unsigned 32-bit number (first octet highest). */
export function formatIpv4Number(n: number): string {
  return (
    DIGITS_DOT[n >>> 24]! + DIGITS_DOT[(n >>> 16) & 255]! + DIGITS_DOT[(n >>> 8) & 255]! + DIGITS[n & 255]!
  );
}
