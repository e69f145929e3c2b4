import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';
import { eth } from './packet-builder.ts';
import { parsePacket } from './parse-packet.ts';

const V4 = { src: '203.0.113.5', dst: '198.51.100.1' };
const V6 = { src: '2001:db8::5', dst: '2001:db8:1::1' };
const PORTS = { sport: 40000, dport: 80 };

test.each([
  ['123456789', 0xe306_9283], // the check value of the catalogue of CRCs
  ['', 0],
  ['\0'.repeat(32), 0x8a91_36aa], // RFC 3720, appendix B.4
])('CRC-32C of %j', (text, crc) => expect(crc32c(Buffer.from(text))).toBe(crc));

test.each([
  ['IPv4', eth().ipv4(V4)],
  ['IPv6', eth().vlan({ id: 3 }).ipv6(V6)],
])('SCTP over %s', (_, ip) => {
  const bytes = ip
    .sctp({ ...PORTS, tag: 0x0102_0304 })
    .payload(Uint8Array.of(1, 0, 0, 4))
    .bytes();
  expect(parsePacket(bytes)).toMatchObject({ sctp: { ...PORTS, tag: 0x0102_0304 }, problems: [] });
  bytes[bytes.length - 1]! ^= 1;
  expect(parsePacket(bytes)).toMatchObject({ problems: ['SCTP checksum is wrong'], checksumsValid: false });
});
