import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatIpv4, formatIpv6, formatMac, parseIpv4, parseIpv6, parseMac } from './address.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test.each([
  ['::', '00000000000000000000000000000000', '::'],
  ['::1', '00000000000000000000000000000001', '::1'],
  ['2001:db8::', '20010db8000000000000000000000000', '2001:db8::'],
  ['2001:DB8:0:0:1:0:0:1', '20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
  ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', '::ffff:c000:201'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221', '64:ff9b::c000:221'],
])('IPv6 %s', (text, bytes, canonical) => {
  expect(hex(parseIpv6(text))).toBe(bytes);
  expect(formatIpv6(parseIpv6(text))).toBe(canonical);
});

test('IPv6 text agrees with what Node makes of it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      // Node writes mapped and compatible addresses in the mixed notation.
      fc.pre(bytes.subarray(0, 10).some((byte) => byte !== 0));
      const text = formatIpv6(bytes);
      expect(hex(parseIpv6(text))).toBe(hex(bytes));
      expect(new SocketAddress({ address: text, family: 'ipv6' }).address).toBe(text);
    }),
  );
});

test('IPv4 and MAC', () => {
  expect(hex(parseIpv4('192.0.2.255'))).toBe('c00002ff');
  expect(formatIpv4(Uint8Array.of(192, 0, 2, 255))).toBe('192.0.2.255');
  expect(hex(parseMac('02:00:0A:00:00:ff'))).toBe('02000a0000ff');
  expect(formatMac(parseMac('02:00:0A:00:00:ff'))).toBe('02:00:0a:00:00:ff');
});

test.each([
  () => parseIpv4('192.0.2'),
  () => parseIpv4('192.0.2.256'),
  () => parseIpv6('fe80::1%eth0'),
  () => parseIpv6('192.0.2.1'),
  () => parseMac('02:00'),
])('%s throws', (parse) => {
  expect(parse).toThrow(expect.objectContaining({ code: 'LBX_PACKET_INVALID' }));
});
