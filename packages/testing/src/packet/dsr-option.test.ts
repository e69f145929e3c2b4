import { describe, expect, test } from 'vitest';
import { dsrOption4, dsrOption6, readDsrOption4 } from './dsr-option.ts';
import { eth } from './packet-builder.ts';
import { parsePacket } from './parse-packet.ts';

const V4 = { src: '203.0.113.5', dst: '192.0.2.10' };
const V6 = { src: '2001:db8::5', dst: '2001:db8:1::1' };
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('DSR options', () => {
  test('IPv4: port and address with their least significant byte first', () => {
    const dsr = { address: '198.51.100.1', port: 30080 };
    expect(hex(dsrOption4(dsr))).toBe('9a088075016433c6');
    const packet = eth()
      .ipv4({ ...V4, options: dsrOption4(dsr) })
      .tcp({ sport: 40000, dport: 8080 });
    expect(parsePacket(packet.bytes())).toMatchObject({ dsr, ipv4: V4, problems: [] });
  });

  test('IPv6: a destination options header of 24 bytes', () => {
    const dsr = { address: '2001:db8:2::1', port: 30080 };
    const bytes = eth()
      .ipv6({ ...V6, extensions: [dsrOption6(dsr)] })
      .udp({ sport: 40000, dport: 53 })
      .bytes();
    expect(hex(bytes.subarray(54, 78))).toBe('11021b1420010db800020000000000000000000175800000');
    expect(parsePacket(bytes)).toMatchObject({ dsr, udp: { dport: 53 }, problems: [] });
  });

  test.each([
    ['none', '', undefined],
    ['after no-operations and a timestamp', '0101 4404 0000 9a08 5000 050433c6', '198.51.4.5:80'],
    ['after the end of options', '00 9a08 5000 050433c6', undefined],
    ['of another length', '9a06 5000 0504', undefined],
    ['cut short', '9a08 5000 0504', undefined],
    ['an option of length 0', '4400 0000 0000', undefined],
  ])('IPv4: %s', (_, options, service) => {
    const found = readDsrOption4(Buffer.from(options.replaceAll(' ', ''), 'hex'));
    expect(found && `${found.address}:${found.port}`).toBe(service);
  });
});
