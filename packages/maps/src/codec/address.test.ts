import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4Number, parseIpv4Number } from './ipv4-text.ts';
import { formatIpv6, ipv6, putIpv6 } from './ipv6.ts';

const view = new DataView(new ArrayBuffer(16));
const canonical = (text: string) => (putIpv6(view, 0, text) ? formatIpv6(view, 0) : undefined);
/** Texts that are almost addresses. */
const near = (alphabet: string, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet), { maxLength }).map((letters) => letters.join(''));

describe('IPv4 text', () => {
  it('every number comes back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (n) => parseIpv4Number(formatIpv4Number(n)) === n),
    );
  });
  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4.',
    '1.2.3.4.5',
    '1..2.3',
    '01.2.3.4',
    '1.2.3.04',
    '1.2.3.00',
    '256.0.0.1',
    '1.2.3.999',
    '1.2.3.4 ',
    ' 1.2.3.4',
    '1.2.3.4/32',
    '0x1.2.3.4',
    '1.2.3.-4',
    '1.2.3.4444',
    '1111.2.3.4',
    '1.2.3.٤',
  ])('%j is refused', (text) => expect(parseIpv4Number(text)).toBe(-1));
  it('accepts what Node accepts, and nothing else', () => {
    const octet = fc.oneof(fc.integer({ min: 0, max: 300 }).map(String), near('0129', 4));
    const quads = fc.array(octet, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(
        fc.oneof(quads, near('0123456789.', 16)),
        (text) => parseIpv4Number(text) >= 0 === isIPv4(text),
      ),
    );
  });
});

describe('IPv6 text', () => {
  // RFC 5952, sections 4 and 5.
  it.each([
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::AbCd', '2001:db8::abcd'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1::', '1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['::192.0.2.1', '::c000:201'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
  ])('%s is %s', (text, expected) => expect(canonical(text)).toBe(expected));
  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1::2::3',
    '12345::',
    '::g',
    '1:',
    ':1',
    '1:2:3:4:5:6:7:',
    '::1%lo',
    '::1/128',
    '[::1]',
    '192.0.2.1',
    '::192.0.2',
    '::192.0.2.256',
    '1:2:3:4:5:6:7:192.0.2.1',
    '::192.0.2.1:1',
    ' ::1',
    '::1 ',
  ])('%j is refused', (text) => expect(canonical(text)).toBeUndefined());
  it('accepts what Node accepts, and nothing else', () => {
    const word = near('0fA9', 5);
    const words = fc
      .array(fc.oneof(word, fc.constantFrom('192.0.2.1', '')), { maxLength: 10 })
      .map((w) => w.join(':'));
    fc.assert(
      fc.property(
        fc.oneof(words, near('01f:.', 20)),
        (text) => (canonical(text) !== undefined) === isIPv6(text),
      ),
      { numRuns: 2000 },
    );
  });
  it('writes what the system writes, and reads it back', () => {
    const sparse = fc.array(
      fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 0xffff })),
      { minLength: 8, maxLength: 8 },
    );
    fc.assert(
      fc.property(sparse, (words) => {
        for (const [i, word] of words.entries()) view.setUint16(2 * i, word);
        const text = formatIpv6(view, 0);
        const copy = new DataView(new ArrayBuffer(16));
        ipv6.put(copy, 0, text);
        expect(new Uint8Array(copy.buffer)).toEqual(new Uint8Array(view.buffer));
        // The system writes the deprecated ::a.b.c.d form too, and a lone zero word before ffff as ::ffff:0:…; RFC 5952 does not.
        const system = new SocketAddress({ family: 'ipv6', address: text }).address;
        if (!system.includes('.') || system.startsWith('::ffff:')) expect(text).toBe(system);
      }),
      { numRuns: 1000 },
    );
  });
});
