import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fragmentPacket } from './fragment-packet.ts';
import { eth, ipPart, ipv4, ipv6, type PacketBuilder } from './packet-builder.ts';
import { type ParsedPacket, parsePacket } from './parse-packet.ts';
import type { TcpFlag } from './tcp.ts';

const V4 = { src: '203.0.113.5', dst: '198.51.100.1' };
const V6 = { src: '2001:db8::5', dst: '2001:db8:1::1' };
const PORTS = { sport: 40000, dport: 80 };

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** The builder fed with what the parser found. */
function rebuild(p: ParsedPacket): PacketBuilder {
  let b = eth(p.eth);
  if (p.vlan) b = b.vlan(p.vlan);
  if (p.ipv4) b = b.ipv4(p.ipv4);
  if (p.ipv6) b = b.ipv6(p.ipv6);
  if (p.tcp) b = b.tcp(p.tcp);
  if (p.udp) b = b.udp(p.udp);
  if (p.icmp) b = b.icmp(p.icmp);
  return b.payload(p.payload).payload(p.trailer);
}

describe('builder', () => {
  test('Ethernet, VLAN, IPv4 with options, TCP with options: every byte', () => {
    const bytes = eth({ src: '02:00:00:00:00:0a', dst: '02:00:00:00:00:0b' })
      .vlan({ id: 100, priority: 5 })
      .ipv4({ ...V4, ttl: 9, tos: 0xb8, id: 0x1234, df: true, options: unhex('9a 08 5000 c6336401') })
      .tcp({
        ...PORTS,
        seq: 0x01020304,
        ack: 0x05060708,
        flags: ['syn', 'ack'],
        window: 512,
        options: unhex('020405b4'),
      })
      .payload('hi')
      .bytes();
    expect(hex(bytes)).toBe(
      [
        '02000000000b 02000000000a 8100 a064 0800', // tag: priority 5, id 100
        '47 b8 0036 1234 4000 09 06 e25d cb007105 c6336401 9a085000c6336401',
        '9c40 0050 01020304 05060708 60 12 0200 1acc 0000 020405b4 6869',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test('the IPv4 header checksum of the textbook example', () => {
    const bytes = ipv4({
      src: '192.168.0.1',
      dst: '192.168.0.199',
      df: true,
      protocol: 17,
      totalLength: 0x73,
    }).bytes();
    expect(hex(bytes)).toBe('45000073000040004011b861c0a80001c0a800c7');
  });

  test('IPv6 with hop-by-hop, destination and fragment headers: every byte', () => {
    const bytes = ipv6({
      ...V6,
      hopLimit: 7,
      trafficClass: 0xab,
      flowLabel: 0xcdef1,
      extensions: [
        { kind: 'hop-by-hop', data: unhex('0502 0000 0100') },
        { kind: 'destination', data: unhex('1b14') },
        { kind: 'fragment', id: 0xdeadbeef, offset: 8, more: true },
      ],
      protocol: 17,
    })
      .payload(unhex('0102030405060708'))
      .bytes();
    expect(hex(bytes)).toBe(
      [
        '6abcdef1 0020 00 07 20010db8000000000000000000000005 20010db8000100000000000000000001',
        '3c00050200000100 2c001b1400000000 11000009deadbeef 0102030405060708',
      ]
        .join('')
        .replaceAll(' ', ''),
    );
  });

  test('a builder can be used again: calls do not change it', () => {
    const base = eth().ipv4(V4);
    const first = base.tcp(PORTS).bytes();
    base.udp(PORTS).bytes();
    expect(hex(base.tcp(PORTS).bytes())).toBe(hex(first));
  });

  test('UDP: checksum left out, computed, and 0 sent as ffff', () => {
    expect(
      parsePacket(
        eth()
          .ipv4(V4)
          .udp({ ...PORTS, checksum: 0 })
          .bytes(),
      ),
    ).toMatchObject({
      udp: { checksum: 0 },
      checksumsValid: true,
      problems: [],
    });
    const zero = eth().ipv4({ src: '192.0.2.1', dst: '192.0.2.2' });
    const { udp } = parsePacket(zero.udp({ sport: 1, dport: 2 }).payload(unhex('0000')).bytes());
    // The payload that complements the sum makes the checksum 0.
    const complement = unhex(udp!.checksum.toString(16).padStart(4, '0'));
    const packet = parsePacket(zero.udp({ sport: 1, dport: 2 }).payload(complement).bytes());
    expect(packet).toMatchObject({ udp: { checksum: 0xffff }, checksumsValid: true, problems: [] });
  });

  test.each([
    ['no IP header', () => eth().tcp(PORTS).bytes(), /tcp: needs an ipv4 or ipv6 header/],
    ['port', () => eth().ipv4(V4).udp({ sport: 70000, dport: 1 }).bytes(), /port 70000/],
    ['address', () => eth().ipv4({ src: '::1', dst: '192.0.2.1' }).bytes(), /"::1" is no IPv4 address/],
    [
      'options',
      () =>
        eth()
          .ipv4({ ...V4, options: new Uint8Array(41) })
          .bytes(),
      /more than 40 bytes/,
    ],
    [
      'offset',
      () =>
        eth()
          .ipv4({ ...V4, fragmentOffset: 9 })
          .bytes(),
      /9: not a multiple of 8/,
    ],
    ['cut', () => fragmentPacket(eth().ipv4(V4).udp(PORTS), 12), /12: not a multiple of 8/],
  ])('refuses: %s', (_, make, message) => {
    expect(make).toThrow(
      expect.objectContaining({ code: 'LBX_PACKET_INVALID', message: expect.stringMatching(message) }),
    );
  });
});

describe('parser', () => {
  const good = eth().ipv4(V4).tcp(PORTS).payload('hello').bytes();
  const change = (at: number, by = 1) => good.with(at, good[at]! ^ by);

  test.each<[string, Uint8Array, string[]]>([
    ['nothing wrong', good, []],
    ['a bit of the payload', change(good.length - 1), ['TCP checksum is wrong']],
    ['a bit of the port', change(37), ['TCP checksum is wrong']],
    ['the TTL', change(22), ['IPv4 header checksum is wrong']],
    ['the source address', change(29), ['IPv4 header checksum is wrong', 'TCP checksum is wrong']],
    [
      'cut in the TCP header',
      good.subarray(0, 40),
      ['IP length 45, but only 26 bytes are there', 'truncated: TCP header needs 20 bytes, 6 left'],
    ],
    [
      'cut in the Ethernet header',
      good.subarray(0, 9),
      ['truncated: Ethernet header needs 14 bytes, 9 left'],
    ],
    [
      'UDP length',
      eth()
        .ipv4(V4)
        .udp({ ...PORTS, length: 9 })
        .bytes(),
      ['UDP length 9, but 8 bytes are there'],
    ],
    [
      'UDP over IPv6 without checksum',
      eth()
        .ipv6(V6)
        .udp({ ...PORTS, checksum: 0 })
        .bytes(),
      ['UDP checksum 0 is not allowed over IPv6'],
    ],
    ['ICMP checksum', eth().ipv4(V4).icmp({ type: 8, checksum: 1 }).bytes(), ['ICMP checksum is wrong']],
    [
      'ICMPv6 checksum',
      eth().ipv6(V6).icmp({ type: 128, checksum: 1 }).bytes(),
      ['ICMPv6 checksum is wrong'],
    ],
    [
      'in a tunnel',
      eth()
        .ipv4(V4)
        .ipv4({ ...V4, checksum: 1 })
        .udp({ ...PORTS, checksum: 2 })
        .bytes(),
      ['inner: IPv4 header checksum is wrong', 'inner: UDP checksum is wrong'],
    ],
    [
      'in a quote',
      eth().ipv4(V4).icmp({ type: 3, code: 1 }).quote(change(29)).bytes(),
      ['quoted: IPv4 header checksum is wrong', 'quoted: TCP checksum is wrong'],
    ],
  ])('finds: %s', (_, bytes, problems) => {
    const packet = parsePacket(bytes);
    expect(packet.problems).toEqual(problems);
    expect(packet.checksumsValid).toBe(!problems.some((p) => p.includes('checksum')));
  });

  test('padding after the IP packet is not payload', () => {
    const padded = new Uint8Array(60);
    padded.set(eth().ipv4(V4).udp(PORTS).payload('x').bytes());
    const packet = parsePacket(padded);
    expect(packet).toMatchObject({ problems: [], payload: unhex('78') });
    expect(packet.trailer).toHaveLength(60 - 43);
  });

  test('an ICMP error quotes a packet, also cut to the 8 bytes of old', () => {
    const quoted = { ipv4: V4, tcp: { ...PORTS, seq: 1 } };
    const error = eth().ipv4({ src: '192.0.2.1', dst: V4.src }).icmp({ type: 3, code: 4, mtu: 1400 });
    for (const bytes of [error.quote(good).bytes(), error.quote(good, 28).bytes()])
      expect(parsePacket(bytes)).toMatchObject({
        icmp: { type: 3, code: 4, mtu: 1400 },
        quoted,
        problems: [],
      });
    const six = eth().ipv6({ src: '2001:db8::1', dst: V6.src }).icmp({ type: 2, mtu: 1280 });
    expect(parsePacket(six.quote(eth().ipv6(V6).udp(PORTS)).bytes())).toMatchObject({
      icmp: { type: 2, mtu: 1280 },
      quoted: { ipv6: V6, udp: PORTS },
      problems: [],
    });
  });

  test('two VLAN tags', () => {
    const tagged = eth({ type: 0x88a8 }).vlan({ id: 10 }).vlan({ id: 20, priority: 3 }).ipv6(V6).udp(PORTS);
    expect(parsePacket(tagged.bytes())).toMatchObject({
      eth: { type: 0x88a8 },
      vlan: { id: 10, type: 0x8100 },
      innerVlan: { id: 20, priority: 3, type: 0x86dd },
      ipv6: V6,
      udp: PORTS,
      problems: [],
    });
    expect(hex(ipPart(tagged.bytes()))).toBe(hex(ipv6(V6).udp(PORTS).bytes()));
    for (const piece of fragmentPacket(tagged.payload('0123456789'), 8))
      expect(parsePacket(piece)).toMatchObject({ vlan: { id: 10 }, innerVlan: { id: 20 } });
  });

  test('IP in IP, both ways', () => {
    const bytes = eth().ipv6(V6).ipv4(V4).tcp(PORTS).bytes();
    expect(parsePacket(bytes)).toMatchObject({
      ipv6: { ...V6, protocol: 4 },
      inner: { ipv4: V4, tcp: PORTS },
      problems: [],
    });
    const other = eth().ipv4(V4).ipv6(V6).udp(PORTS).bytes();
    expect(parsePacket(other)).toMatchObject({
      ipv4: { protocol: 41 },
      inner: { ipv6: V6, udp: PORTS },
      problems: [],
    });
  });

  test('never throws, whatever the bytes', () => {
    const someFrame = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 70 }), fc.constantFrom('0800', '86dd', '81000001'))
        .map(([rest, type]) => unhex(`020000000001020000000002${type}${hex(rest)}`)),
      fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, by]) => change(at, by)),
    );
    fc.assert(
      fc.property(someFrame, (bytes) => {
        expect(parsePacket(bytes)).toHaveProperty('problems');
      }),
      { numRuns: 500 },
    );
  });
});

const port = fc.integer({ min: 0, max: 65535 });
const u32 = fc.nat(0xffff_ffff);
const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((b) => b.join('.'));
const v6 = fc.constantFrom('2001:db8::1', '2001:db8:ffff::2', '::1', 'fe80::1:2:3:4');
const words = (max: number) =>
  fc.nat(max).chain((n) => fc.uint8Array({ minLength: 4 * n, maxLength: 4 * n }));
const flags = fc.subarray<TcpFlag>(['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr']);
const extension = fc.oneof(
  fc.record({
    kind: fc.constantFrom('hop-by-hop', 'routing', 'destination'),
    data: fc.nat(3).chain((n) => fc.uint8Array({ minLength: 8 * n + 6, maxLength: 8 * n + 6 })),
  }),
  fc.record({ kind: fc.constant('fragment'), id: u32, offset: fc.constant(0), more: fc.boolean() }),
);
const network = fc.oneof(
  fc
    .record({
      src: v4,
      dst: v4,
      ttl: fc.nat(255),
      tos: fc.nat(255),
      id: port,
      df: fc.boolean(),
      mf: fc.boolean(),
      options: words(10),
    })
    .map((fields) => (b: PacketBuilder) => b.ipv4(fields)),
  fc
    .record({
      src: v6,
      dst: v6,
      hopLimit: fc.nat(255),
      trafficClass: fc.nat(255),
      flowLabel: fc.nat(0xfffff),
      extensions: fc.array(extension, { maxLength: 3 }),
    })
    .map((fields) => (b: PacketBuilder) => b.ipv6(fields)),
);
const transport = fc.oneof(
  fc
    .record({
      sport: port,
      dport: port,
      seq: u32,
      ack: u32,
      flags,
      window: port,
      urgent: port,
      options: words(10),
    })
    .map((fields) => (b: PacketBuilder) => b.tcp(fields)),
  fc.record({ sport: port, dport: port }).map((fields) => (b: PacketBuilder) => b.udp(fields)),
  fc
    .record({ type: fc.constantFrom(0, 8, 128, 129), id: port, seq: port })
    .map((fields) => (b: PacketBuilder) => b.icmp(fields)),
);
const packet = fc
  .tuple(
    fc.option(fc.record({ id: fc.nat(4095), priority: fc.nat(7), dropEligible: fc.boolean() })),
    network,
    transport,
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([tag, ip, segment, data]) =>
    segment(ip(tag ? eth().vlan(tag) : eth()))
      .payload(data)
      .bytes(),
  );

test('what is built has no problems, and what is parsed builds the same bytes', () => {
  fc.assert(
    fc.property(packet, (bytes) => {
      const parsed = parsePacket(bytes);
      expect(parsed.problems).toEqual([]);
      expect(parsed.checksumsValid).toBe(true);
      expect(hex(rebuild(parsed).bytes())).toBe(hex(bytes));
    }),
    { numRuns: 300 },
  );
});

test('fragments put together again are the datagram', () => {
  const someSize = fc.integer({ min: 1, max: 5 }).map((n) => 8 * n);
  fc.assert(
    fc.property(fc.boolean(), someSize, fc.uint8Array({ maxLength: 100 }), (isV6, size, data) => {
      const start = eth().vlan({ id: 7 });
      const whole = (isV6 ? start.ipv6(V6) : start.ipv4({ ...V4, id: 5 })).udp(PORTS).payload(data).bytes();
      const pieces = fragmentPacket(whole, size).map((frame) => ({ frame, parsed: parsePacket(frame) }));
      const datagram: number[] = [];
      for (const [i, { frame, parsed }] of pieces.entries()) {
        expect(parsed.problems.filter((p) => !p.includes('truncated'))).toEqual([]);
        const last = i === pieces.length - 1;
        if (isV6)
          expect(parsed.ipv6!.extensions).toEqual([
            { kind: 'fragment', id: 1, offset: size * i, more: !last },
          ]);
        else expect(parsed.ipv4).toMatchObject({ id: 5, mf: !last, fragmentOffset: size * i });
        expect(parsed.udp === undefined).toBe(i > 0);
        datagram.push(...ipPart(frame).subarray(isV6 ? 48 : 20));
      }
      expect(hex(Uint8Array.from(datagram))).toBe(hex(ipPart(whole).subarray(isV6 ? 40 : 20)));
    }),
  );
});

test('a flag that is none is refused, not left out', () => {
  const syn = eth().ipv4({ src: '192.0.2.1', dst: '198.51.100.1' });
  expect(() => syn.tcp({ sport: 1, dport: 2, flags: ['SYN' as never] }).bytes()).toThrow(
    "'SYN' is no TCP flag; they are fin, syn",
  );
});
