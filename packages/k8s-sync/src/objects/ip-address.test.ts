import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointText, ipBytes, isInPrefix, readIpAddress, readIpPrefix } from './ip-address.ts';

describe('readIpAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.000.02.010', '192.0.2.10'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
  ])('%s is %s', (text, canonical) => {
    expect(readIpAddress(text)?.text).toBe(canonical);
  });

  it.each([
    '',
    ' 192.0.2.1',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.1/32',
    'fe80::1%eth0',
    '1::2::3',
    'web',
    ':',
    '[::1]',
  ])('%j is none', (text) => {
    expect(readIpAddress(text)).toBeUndefined();
  });

  it('gives the form of an IPv6 address that the system gives it', () => {
    const words = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
      minLength: 8,
      maxLength: 8,
    });
    fc.assert(
      fc.property(words, (eight) => {
        const spelt = eight.map((word) => word.toString(16)).join(':');
        const { address } = new SocketAddress({ family: 'ipv6', address: spelt });
        const mapped = address.startsWith('::ffff:') && address.includes('.');
        const expected = mapped
          ? { family: 'IPv4', text: address.slice(7) }
          : { family: 'IPv6', text: address };
        expect([readIpAddress(spelt), readIpAddress(address)]).toEqual([expected, expected]);
      }),
    );
  });

  it('and ipBytes keep every address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const address = readIpAddress(text)!;
        expect(readIpAddress(address.text)).toEqual(address);
        expect(ipBytes(address)).toHaveLength(address.family === 'IPv4' ? 4 : 16);
      }),
    );
    expect([...ipBytes(readIpAddress('2001:db8::102')!)]).toEqual([
      0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
    ]);
    expect([...ipBytes(readIpAddress('::192.0.2.1')!)].slice(11)).toEqual([0, 192, 0, 2, 1]);
  });
});

describe('readIpPrefix', () => {
  it.each([
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['192.0.2.77/0', '0.0.0.0/0'],
    ['192.0.2.77/27', '192.0.2.64/27'],
    ['2001:db8::ffff/65', '2001:db8::/65'],
    ['2001:db8::1/128', '2001:db8::1/128'],
    ['192.0.2.77/0024', '192.0.2.0/24'],
    ['::ffff:192.0.2.77/120', '192.0.2.0/24'],
    ['::ffff:192.0.2.77/96', '0.0.0.0/0'],
    ['::ffff:192.0.2.77/95', '::fffe:0:0/95'],
  ])('%s is %s', (text, canonical) => {
    expect(readIpPrefix(text)?.text).toBe(canonical);
  });

  it.each([
    '192.0.2.1',
    '192.0.2.1/33',
    '2001:db8::/129',
    '192.0.2.1/-1',
    '192.0.2.1/',
    '/24',
    'primary',
    '::ffff:192.0.2.1/129',
  ])('%s is none', (text) => {
    expect(readIpPrefix(text)).toBeUndefined();
  });
});

it.each([
  ['192.0.2.0/25', '192.0.2.127', true],
  ['192.0.2.0/25', '192.0.2.128', false],
  ['0.0.0.0/0', '203.0.113.1', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
])('%s holds %s: %s', (prefix, address, held) => {
  expect(isInPrefix(readIpPrefix(prefix)!, readIpAddress(address)!)).toBe(held);
});

it('writes IPv6 endpoints in brackets', () => {
  expect([endpointText('192.0.2.1', 80), endpointText('2001:db8::1', 80)]).toEqual([
    '192.0.2.1:80',
    '[2001:db8::1]:80',
  ]);
});
