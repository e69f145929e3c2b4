import { expect, test } from 'vitest';
import { maglevHash4, maglevHash6, selectBackend } from './maglev-hash.ts';
import { DEFAULT_SEED, parseSeed } from './seed.ts';

// Computed by a program in another language that follows the datapath's packet loads byte by byte.
test.each([
  ['203.0.113.5', 40000, 80, 6, 0x4f274da9],
  ['203.0.113.5', 0, 80, 6, 0x4b81a34e],
  ['192.0.2.255', 65535, 53, 17, 0xae9d04ef],
  ['255.255.255.255', 1, 65535, 132, 0x61d27fba],
])('IPv4 %s:%i to port %i, protocol %i', (saddr, sport, dport, proto, expected) => {
  expect(maglevHash4(saddr, sport, dport, proto, DEFAULT_SEED)).toBe(expected);
});

test.each([
  ['2001:db8::5', 40000, 80, 6, 0xc05f62b2],
  ['2001:0DB8:0:0::0:5', 40000, 80, 6, 0xc05f62b2],
  ['2001:db8:ffff:1:2:3:4:5', 0, 443, 17, 0x376274ea],
  ['::ffff:192.0.2.1', 65535, 65535, 6, 0x18c1a732],
])('IPv6 %s:%i to port %i, protocol %i', (saddr, sport, dport, proto, expected) => {
  expect(maglevHash6(saddr, sport, dport, proto, DEFAULT_SEED)).toBe(expected);
});

test('the seed counts', () => {
  const other = parseSeed('AAAAAAAAAAAAAAAA');
  expect(maglevHash4('203.0.113.5', 40000, 80, 6, other)).not.toBe(0x4f274da9);
  expect(maglevHash6('2001:db8::5', 40000, 80, 6, other)).not.toBe(0xc05f62b2);
});

test.each([
  () => maglevHash4('2001:db8::5', 1, 2, 6, DEFAULT_SEED),
  () => maglevHash6('192.0.2.1', 1, 2, 6, DEFAULT_SEED),
  () => maglevHash6('fe80::1%eth0', 1, 2, 6, DEFAULT_SEED),
  () => maglevHash4('192.0.2.1', 65536, 2, 6, DEFAULT_SEED),
  () => maglevHash4('192.0.2.1', 1, -1, 6, DEFAULT_SEED),
])('%s throws', (hash) => {
  expect(hash).toThrow(expect.objectContaining({ code: 'LBX_MAGLEV_ADDRESS' }));
});

test('the slot is the hash modulo the size, as an unsigned number', () => {
  const table = Uint32Array.of(10, 11, 12, 13, 14, 15, 16);
  expect(selectBackend(table, 0xffffffff)).toBe(10 + (0xffffffff % 7));
  expect(selectBackend(table, -1)).toBe(10 + (0xffffffff % 7));
});
