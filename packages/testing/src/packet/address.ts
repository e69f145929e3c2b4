import { isIPv4, isIPv6 } from 'node:net';
import { TestingError } from '../errors.ts';

const invalid = (what: string, text: string) =>
  new TestingError('LBX_PACKET_INVALID', `${JSON.stringify(text)} is no ${what}`);

/** `02:00:00:00:00:01` → 6 bytes. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw invalid('MAC address', text);
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
}

/** 6 bytes → `02:00:00:00:00:01`. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** `192.0.2.1` → 4 bytes. */
export function parseIpv4(text: string): Uint8Array {
  if (!isIPv4(text)) throw invalid('IPv4 address', text);
  return Uint8Array.from(text.split('.'), Number);
}

/** 4 bytes → `192.0.2.1`. */
export function formatIpv4(bytes: Uint8Array): string {
  return bytes.join('.');
}

/** `2001:db8::1` (also `::ffff:192.0.2.1`) → 16 bytes. */
export function parseIpv6(text: string): Uint8Array {
  if (!isIPv6(text) || text.includes('%')) throw invalid('IPv6 address', text);
  const words = (part: string) =>
    part === ''
      ? []
      : part.split(':').flatMap((word) => {
          if (!word.includes('.')) return [Number.parseInt(word, 16)];
          const [a, b, c, d] = parseIpv4(word);
          return [(a! << 8) | b!, (c! << 8) | d!];
        });
  const [head, tail] = text.split('::', 2) as [string, string?];
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of front.entries()) view.setUint16(2 * i, word);
  for (const [i, word] of back.entries()) view.setUint16(16 - 2 * (back.length - i), word);
  return bytes;
}

/** 16 bytes → the canonical text of RFC 5952, without its mixed notation. */
export function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  let [start, length] = [0, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && words[end] === '0') end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  if (length < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}
