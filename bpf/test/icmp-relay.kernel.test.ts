import { describeKernel, eth, type PacketBuilder, type ParsedIp, parsePacket } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, everywhere, type Lab, type Sent } from './xdp-lab.ts';
import { icmpErrors, packetsOf } from './xdp-packets.ts';

describe.each(everywhere)('ICMP errors about translated packets, IPv$family at $hook', ({ family, hook }) => {
  const { place, ip, request, reply, backend, podBackend, service } = packetsOf(family);
  /** Routers on the way to a backend, and to the client. */
  const router = { inside: place.unknown, outside: place.clientAt(77) };
  /** What parsed packets have of one of the families. */
  const header = (packet: ParsedIp) => packet.ipv4 ?? packet.ipv6;
  const hops = (packet: ParsedIp) => packet.ipv4?.ttl ?? packet.ipv6?.hopLimit;

  describeKernel('packets', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({
        family,
        hook,
        checksumComplete: true,
        frontends: [
          service('LoadBalancer', [backend(0)]),
          service('LoadBalancer', [backend(0)], { protocol: 'UDP' }),
          service('NodePort', [podBackend]),
        ],
        variables: { lbx_echo_on: 1 },
      });
    });
    afterAll(() => lab.close());

    const errors = icmpErrors[family];
    const bytes = family === 4 ? 20 : 40;
    const fromBackend = { src: place.backendMac(0), dst: place.nodeMac };
    const fromRouter = { src: place.routerMac, dst: place.nodeMac };

    for (const protocol of ['TCP', 'UDP'] as const) {
      for (const { name, icmp } of errors) {
        for (const length of [bytes + 8, bytes + 20, 200]) {
          it(`${name} about a ${protocol} request goes to the client, quote of ${length} bytes`, () => {
            const before = request({ protocol, payload: 'x'.repeat(180), sport: 40001 });
            const sent = lab.send(before);
            expect(sent.verdict).toBe('tx');
            const error = ip(eth(fromBackend), { src: router.inside, dst: place.node }).icmp(icmp);
            const relayed = lab.send(error.quote(sent.bytes, length));
            expect(relayed.counted).toEqual(['sent_icmp_relayed']);
            expect(relayed.verdict).toBe('tx');
            expect(relayed.packet.problems).toEqual([]);
            expect(relayed.packet).toMatchObject({
              eth: { src: place.nodeMac, dst: place.routerMac },
              icmp,
            });
            expect(header(relayed.packet)).toMatchObject({ src: place.loadBalancer, dst: place.client });
            expect(hops(relayed.packet)).toBe(63);
            expectQuote(relayed, before, length, 1);
          });

          it(`${name} about a ${protocol} reply goes to the backend, quote of ${length} bytes`, () => {
            const sent = lab.send(request({ protocol, sport: 40002 }));
            const ports = sent.packet.tcp ?? sent.packet.udp;
            const before = reply({ protocol, dport: ports!.sport, payload: 'y'.repeat(180) });
            const answered = lab.send(before);
            expect(answered.verdict).toBe('tx');
            const error = ip(eth(fromRouter), { src: router.outside, dst: place.loadBalancer }).icmp(icmp);
            const relayed = lab.send(error.quote(answered.bytes, length));
            expect(relayed.counted).toContain('sent_icmp_relayed');
            expect(relayed.verdict).toBe('tx');
            expect(relayed.packet.problems).toEqual([]);
            expect(relayed.packet).toMatchObject({
              eth: { src: place.nodeMac, dst: place.backendMac(0) },
              icmp,
            });
            expect(header(relayed.packet)).toMatchObject({ src: place.node, dst: place.backend(0) });
            expect(hops(relayed.packet)).toBe(63);
            expectQuote(relayed, before, length, 1);
          });
        }
      }
    }

    it('about a reply of a backend on this node: handed up, to the backend', () => {
      const to = { to: place.node, dport: 30080, sport: 40003 };
      lab.send(request(to));
      const before = ip(eth(fromRouter), { src: place.pod, dst: place.client }).tcp({
        sport: 8080,
        dport: 40003,
        flags: ['ack'],
      });
      const left = lab.leave(before);
      expect(left.counted).toContain('sent_local_reply');
      const error = ip(eth(fromRouter), { src: router.outside, dst: place.node }).icmp(errors[0]!.icmp);
      const relayed = lab.send(error.quote(left.bytes));
      expect(relayed.verdict).toBe('pass');
      expect(relayed.packet.problems).toEqual([]);
      expect(header(relayed.packet)).toMatchObject({ src: router.outside, dst: place.pod });
      expectQuote(relayed, before, bytes + 20, 0);
    });

    it('about packets that are nobody’s flow: passed untouched', () => {
      for (const from of [
        ip(eth(), { src: place.node, dst: place.backend(3) }).tcp({ sport: 40500, dport: 8080 }),
        ip(eth(), { src: place.loadBalancer, dst: place.client }).udp({ sport: 80, dport: 5 }),
        ip(eth(), { src: place.backend(9), dst: place.client }).udp({ sport: 80, dport: 5 }),
      ]) {
        const bytes = from.bytes();
        const dst = header(parsePacket(bytes))!.src;
        const error = ip(eth(fromRouter), { src: router.inside, dst }).icmp(errors[1]!.icmp).quote(bytes);
        const sent = lab.send(error);
        expect(sent.verdict).toBe('pass');
        expect(sent.isUntouched).toBe(true);
      }
    });

    it('an error that quotes another sender than it is for: passed untouched', () => {
      const sent = lab.send(request({ sport: 40004 }));
      const error = ip(eth(fromBackend), { src: router.inside, dst: place.backend(9) }).icmp(errors[1]!.icmp);
      expect(lab.send(error.quote(sent.bytes)).isUntouched).toBe(true);
    });

    it('pings of service addresses are answered, of others not', () => {
      const ping = (dst: string) =>
        ip(eth(fromRouter), { src: place.client, dst, ttl: 9 })
          .icmp({ type: family === 4 ? 8 : 128, id: 77, seq: 3 })
          .payload('ping');
      const answered = lab.send(ping(place.loadBalancer));
      expect(answered.counted).toEqual(['sent_echo_reply']);
      expect(answered.packet.problems).toEqual([]);
      expect(answered.packet).toMatchObject({
        eth: { src: place.nodeMac, dst: place.routerMac },
        icmp: { type: family === 4 ? 0 : 129, code: 0, id: 77, seq: 3 },
      });
      expect(header(answered.packet)).toMatchObject({ src: place.loadBalancer, dst: place.client });
      expect(hops(answered.packet)).toBe(64);
      expect(lab.send(ping(place.node)).isUntouched).toBe(true);
      expect(lab.send(ping(place.unknown)).isUntouched).toBe(true);
    });
  });
});

/** The quote is the packet as its sender had sent it, after `hops`. */
function expectQuote(relayed: Sent, sender: PacketBuilder, length: number, hops: number): void {
  const isV4 = relayed.packet.ipv4 !== undefined;
  const expected = sender.bytes().slice(14, 14 + length);
  expected[isV4 ? 8 : 7]! -= hops;
  const view = new DataView(expected.buffer);
  if (isV4) view.setUint16(10, view.getUint16(10) + hops * 0x100);
  const at = 14 + (isV4 ? 20 : 40) + 8;
  expect(Buffer.from(relayed.bytes.slice(at, at + length)).toString('hex')).toBe(
    Buffer.from(expected).toString('hex'),
  );
}
