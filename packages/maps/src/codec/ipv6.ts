import { FieldError } from '../errors.ts';
import { type Field, field, plainText } from './field.ts';
import { formatIpv4Number, parseIpv4Number } from './ipv4-text.ts';

// The parser fills this and copies it out, so that a call allocates nothing. `lastText` is the address that it holds:
// the entries of a service come one after the other and share theirs.
const words = new Uint16Array(8);
let lastText: string | undefined = '::';

/**
 * Parses IPv6 text into `words` (host order). Accepts every form of RFC 4291 section 2.2, upper and lower case,
 * and a dotted quad for the last 32 bits; no zone, no prefix length.
 */
function parseWords(text: string): boolean {
  const length = text.length;
  if (length < 2 || length > 45) return false;
  let count = 0; // words read
  let gap = -1; // number of words before `::`
  let i = 0;
  if (text.charCodeAt(0) === 58) {
    if (text.charCodeAt(1) !== 58) return false;
    gap = 0;
    i = 2;
  }
  while (i < length) {
    if (count === 8) return false;
    const start = i;
    let word = 0;
    let c = 0;
    for (; i < length; i++) {
      c = text.charCodeAt(i);
      if (c >= 48 && c <= 57) word = (word << 4) | (c - 48);
      else if (c >= 97 && c <= 102) word = (word << 4) | (c - 87);
      else if (c >= 65 && c <= 70) word = (word << 4) | (c - 55);
      else break;
    }
    if (i < length && c === 46) {
      if (count > 6) return false;
      const quad = parseIpv4Number(text.slice(start));
      if (quad < 0) return false;
      words[count++] = quad >>> 16;
      words[count++] = quad & 0xffff;
      break;
    }
    if (i === start || i - start > 4) return false;
    words[count++] = word;
    if (i === length) break;
    if (c !== 58) return false;
    i++;
    if (i === length) return false; // a single colon at the end
    if (text.charCodeAt(i) === 58) {
      if (gap >= 0) return false;
      gap = count;
      i++;
    }
  }
  if (gap < 0) return count === 8;
  if (count === 8) return false; // `::` stands for at least one word
  const after = count - gap;
  for (let k = 1; k <= after; k++) words[8 - k] = words[count - k]!;
  for (let k = gap; k < 8 - after; k++) words[k] = 0;
  return true;
}

/** Writes the 16 bytes of an IPv6 address; false when the text is none. */
export function putIpv6(view: DataView, at: number, text: string): boolean {
  if (text !== lastText) {
    lastText = undefined;
    if (!parseWords(text)) return false;
    lastText = text;
  }
  for (let k = 0; k < 8; k += 2) view.setInt32(at + 2 * k, (words[k]! << 16) | words[k + 1]!);
  return true;
}

/**
 * Canonical text of the 16 bytes at `at` (RFC 5952: lower case, no leading zeroes, the longest and first run of at
 * least two zero words as `::`; IPv4-mapped addresses end in a dotted quad).
 */
export function formatIpv6(view: DataView, at: number): string {
  let best = -1;
  let bestLength = 1;
  let run = -1;
  for (let k = 0; k < 8; k++) {
    if (view.getUint16(at + 2 * k) !== 0) {
      run = -1;
      continue;
    }
    if (run < 0) run = k;
    if (k - run + 1 > bestLength) {
      best = run;
      bestLength = k - run + 1;
    }
  }
  if (best === 0 && bestLength === 5 && view.getUint16(at + 10) === 0xffff) {
    return `::ffff:${formatIpv4Number(view.getUint32(at + 12))}`;
  }
  let text = '';
  for (let k = 0; k < 8; k++) {
    if (k === best) {
      text += '::';
      k += bestLength - 1;
      continue;
    }
    if (text !== '' && k !== best + bestLength) text += ':';
    text += view.getUint16(at + 2 * k).toString(16);
  }
  return text;
}

/** IPv6 address, 16 bytes in network order; the value is text (canonical when read). */
export const ipv6: Field<string> = field<string>({
  size: 16,
  align: 4,
  ctype: 'union v6addr',
  order: 'network',
  text: plainText,
  put(view, at, value) {
    if (typeof value !== 'string' || !putIpv6(view, at, value)) {
      throw new FieldError(
        'LBX_ADDRESS',
        `${JSON.stringify(value)} is no IPv6 address like 2001:db8::1`,
        value,
      );
    }
  },
  get: formatIpv6,
});
