import { describeKernel, eth, type PacketBuilder } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, hooks, type Lab, place, type Sent } from './xdp-lab.ts';
import { backend, podBackend, reply, request, service } from './xdp-packets.ts';

/** A router on the way to a backend. */
const ROUTER = '192.0.2.77';

describe.each(hooks)('ICMP errors about translated packets, at %s', (hook) =>
  describeKernel('packets', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({
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

    const errors = [
      { name: 'frag needed', icmp: { type: 3, code: 4, mtu: 1400 } },
      { name: 'port unreachable', icmp: { type: 3, code: 3 } },
      { name: 'time exceeded', icmp: { type: 11, code: 0 } },
    ];
    const fromBackend = { src: place.backendMac(0), dst: place.nodeMac };
    const fromRouter = { src: place.routerMac, dst: place.nodeMac };

    for (const protocol of ['TCP', 'UDP'] as const) {
      for (const { name, icmp } of errors) {
        for (const length of [28, 40, 200]) {
          it(`${name} about a ${protocol} request goes to the client, quote of ${length} bytes`, () => {
            const before = request({ protocol, payload: 'x'.repeat(180), sport: 40001 });
            const sent = lab.send(before);
            expect(sent.verdict).toBe('tx');
            const error = eth(fromBackend).ipv4({ src: ROUTER, dst: place.node }).icmp(icmp);
            const relayed = lab.send(error.quote(sent.bytes, length));
            expect(relayed.counted).toEqual(['sent_icmp_relayed']);
            expect(relayed.verdict).toBe('tx');
            expect(relayed.packet.problems).toEqual([]);
            expect(relayed.packet).toMatchObject({
              eth: { src: place.nodeMac, dst: place.routerMac },
              ipv4: { src: place.loadBalancer, dst: place.client, ttl: 63 },
              icmp,
            });
            expectQuote(relayed, before, length, 1);
          });

          it(`${name} about a ${protocol} reply goes to the backend, quote of ${length} bytes`, () => {
            const sent = lab.send(request({ protocol, sport: 40002 }));
            const ports = sent.packet.tcp ?? sent.packet.udp;
            const before = reply({ protocol, dport: ports!.sport, payload: 'y'.repeat(180) });
            const answered = lab.send(before);
            expect(answered.verdict).toBe('tx');
            const error = eth(fromRouter).ipv4({ src: '203.0.113.77', dst: place.loadBalancer }).icmp(icmp);
            const relayed = lab.send(error.quote(answered.bytes, length));
            expect(relayed.counted).toContain('sent_icmp_relayed');
            expect(relayed.verdict).toBe('tx');
            expect(relayed.packet.problems).toEqual([]);
            expect(relayed.packet).toMatchObject({
              eth: { src: place.nodeMac, dst: place.backendMac(0) },
              ipv4: { src: place.node, dst: place.backend(0), ttl: 63 },
              icmp,
            });
            expectQuote(relayed, before, length, 1);
          });
        }
      }
    }

    it('about a reply of a backend on this node: handed up, to the backend', () => {
      const to = { to: place.node, dport: 30080, sport: 40003 };
      lab.send(request(to));
      const before = eth(fromRouter)
        .ipv4({ src: place.pod, dst: place.client })
        .tcp({ sport: 8080, dport: 40003, flags: ['ack'] });
      const left = lab.leave(before);
      expect(left.counted).toContain('sent_local_reply');
      const error = eth(fromRouter)
        .ipv4({ src: '203.0.113.77', dst: place.node })
        .icmp({ type: 3, code: 4, mtu: 1300 });
      const relayed = lab.send(error.quote(left.bytes));
      expect(relayed.verdict).toBe('pass');
      expect(relayed.packet.problems).toEqual([]);
      expect(relayed.packet.ipv4).toMatchObject({ src: '203.0.113.77', dst: place.pod });
      expectQuote(relayed, before, 40, 0);
    });

    it('about packets that are nobody’s flow: passed untouched', () => {
      for (const from of [
        eth()
          .ipv4({ src: place.node, dst: place.backend(3) })
          .tcp({ sport: 40500, dport: 8080 }),
        eth().ipv4({ src: place.loadBalancer, dst: place.client }).udp({ sport: 80, dport: 5 }),
        eth().ipv4({ src: '192.0.2.200', dst: place.client }).udp({ sport: 80, dport: 5 }),
      ]) {
        const bytes = from.bytes();
        const dst = [...bytes.subarray(26, 30)].join('.');
        const error = eth(fromRouter).ipv4({ src: ROUTER, dst }).icmp({ type: 3, code: 1 }).quote(bytes);
        const sent = lab.send(error);
        expect(sent.verdict).toBe('pass');
        expect(sent.isUntouched).toBe(true);
      }
    });

    it('an error that quotes another sender than it is for: passed untouched', () => {
      const sent = lab.send(request({ sport: 40004 }));
      const error = eth(fromBackend).ipv4({ src: ROUTER, dst: '192.0.2.200' }).icmp({ type: 3, code: 3 });
      expect(lab.send(error.quote(sent.bytes)).isUntouched).toBe(true);
    });

    it('pings of service addresses are answered, of others not', () => {
      const ping = (dst: string) =>
        eth(fromRouter)
          .ipv4({ src: place.client, dst, ttl: 9 })
          .icmp({ type: 8, id: 77, seq: 3 })
          .payload('ping');
      const answered = lab.send(ping(place.loadBalancer));
      expect(answered.counted).toEqual(['sent_echo_reply']);
      expect(answered.packet.problems).toEqual([]);
      expect(answered.packet).toMatchObject({
        eth: { src: place.nodeMac, dst: place.routerMac },
        ipv4: { src: place.loadBalancer, dst: place.client, ttl: 64 },
        icmp: { type: 0, code: 0, id: 77, seq: 3 },
      });
      expect(lab.send(ping(place.node)).isUntouched).toBe(true);
      expect(lab.send(ping('192.0.2.99')).isUntouched).toBe(true);
    });
  }),
);

/** The quote is the packet as its sender had sent it, after `hops`. */
function expectQuote(relayed: Sent, sender: PacketBuilder, length: number, hops: number): void {
  const expected = sender.bytes().slice(14, 14 + length);
  expected[8]! -= hops;
  const view = new DataView(expected.buffer);
  view.setUint16(10, view.getUint16(10) + hops * 0x100);
  expect(Buffer.from(relayed.bytes.slice(14 + 28, 14 + 28 + length)).toString('hex')).toBe(
    Buffer.from(expected).toString('hex'),
  );
}
