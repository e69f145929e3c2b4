import { describeKernel, eth, fragmentPacket, parsePacket } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, everywhere, type Lab } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

describe.each(everywhere)('fragments, IPv$family at $hook', ({ family, hook }) => {
  const { place, ip, request, reply, backend, podBackend, service } = packetsOf(family);
  const link = { src: place.routerMac, dst: place.nodeMac };
  describeKernel('of datagrams to and from services', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({
        family,
        hook,
        frontends: [
          service('LoadBalancer', [backend(0)], { protocol: 'UDP' }),
          service('LoadBalancer', [backend(0)]),
          service('NodePort', [podBackend], { protocol: 'UDP' }),
          service('ExternalIP', [{ ...backend(0), address: place.unknown }], { protocol: 'UDP' }),
        ],
      });
    });
    afterAll(() => lab.close());

    let datagrams = 0;
    const payload = Array.from({ length: 3000 }, (_, n) => String.fromCharCode(97 + (n % 26))).join('');
    const pieces = (packet: ReturnType<typeof request>) => fragmentPacket(packet, 1400, ++datagrams);

    it('a request: every fragment goes to the backend of the first', () => {
      const sent = pieces(request({ protocol: 'UDP', sport: 40001, payload })).map((frame) =>
        lab.send(frame),
      );
      expect(sent.length).toBe(3);
      for (const { verdict, packet, counted } of sent) {
        expect(counted).toContain('sent_request');
        expect(verdict).toBe('tx');
        expect(packet.problems).toEqual([]);
        expect(packet.eth).toMatchObject({ src: place.nodeMac, dst: place.backendMac(0) });
        expect(packet.ipv4 ?? packet.ipv6).toMatchObject({ src: place.node, dst: place.backend(0) });
        expect(packet.ipv4?.ttl ?? packet.ipv6?.hopLimit).toBe(63);
      }
      expectWhole(
        sent.map(({ bytes }) => bytes),
        payload,
      );
    });

    // XDP needs the link address.
    if (hook === 'tc')
      it('a request to a backend whose link address is not known yet', () => {
        const to = { protocol: 'UDP', to: place.external, sport: 40006, payload } as const;
        const sent = pieces(request(to)).map((frame) => lab.send(frame));
        for (const { verdict, packet, counted } of sent) {
          expect(counted).toContain('sent_request');
          expect(verdict).toBe('tx');
          expect(packet.problems).toEqual([]);
          expect(packet.ipv4 ?? packet.ipv6).toMatchObject({ src: place.node, dst: place.unknown });
          expect(packet.ipv4?.ttl ?? packet.ipv6?.hopLimit).toBe(63);
        }
        expectWhole(
          sent.map(({ bytes }) => bytes),
          payload,
        );
      });

    it('a reply: every fragment goes to the client', () => {
      const sent = lab.send(request({ protocol: 'UDP', sport: 40002 }));
      const back = pieces(reply({ protocol: 'UDP', dport: sent.packet.udp!.sport, payload })).map((frame) =>
        lab.send(frame),
      );
      for (const { verdict, packet, counted } of back) {
        expect(counted).toContain('sent_reply');
        expect(verdict).toBe('tx');
        expect(packet.problems).toEqual([]);
        expect(packet.ipv4 ?? packet.ipv6).toMatchObject({ src: place.loadBalancer, dst: place.client });
      }
      expectWhole(
        back.map(({ bytes }) => bytes),
        payload,
      );
    });

    it('to and from a backend on this node', () => {
      const to = { protocol: 'UDP', to: place.node, dport: 30080, sport: 40003 } as const;
      const sent = pieces(request({ ...to, payload })).map((frame) => lab.send(frame));
      for (const { verdict, packet } of sent) {
        expect(verdict).toBe('pass');
        expect(packet.ipv4 ?? packet.ipv6).toMatchObject({ src: place.client, dst: place.pod });
      }
      expectWhole(
        sent.map(({ bytes }) => bytes),
        payload,
      );
      const answer = ip(eth(link), { src: place.pod, dst: place.client })
        .udp({ sport: 8080, dport: 40003 })
        .payload(payload);
      const left = pieces(answer).map((frame) => lab.leave(frame));
      for (const { packet, counted } of left) {
        expect(counted).toEqual(['sent_local_reply']);
        expect(packet.ipv4 ?? packet.ipv6).toMatchObject({ src: place.node, dst: place.client });
      }
      expectWhole(
        left.map(({ bytes }) => bytes),
        payload,
      );
    });

    it('a later fragment before the first one: dropped with a reason, those after it follow', () => {
      const [first, second, third] = pieces(request({ protocol: 'UDP', sport: 40004, payload }));
      const early = lab.send(second!);
      expect(early.verdict).toBe('drop');
      expect(early.counted).toEqual(['drop_fragment_early']);
      expect(lab.send(first!).verdict).toBe('tx');
      expect(lab.send(third!).verdict).toBe('tx');
    });

    it('fragments of strangers are passed untouched, in any order', () => {
      const stranger = ip(eth(link), { src: place.client, dst: place.stranger })
        .udp({ sport: 5, dport: 80 })
        .payload(payload);
      for (const frame of pieces(stranger).reverse()) {
        const sent = lab.send(frame);
        expect(sent.verdict).toBe('pass');
        expect(sent.isUntouched).toBe(true);
        expect(sent.counted).toEqual([]);
      }
    });

    it('a packet with options or extension headers is served as well', () => {
      const skipped = { kind: 'hop-by-hop', data: new Uint8Array(6) } as const;
      const header = (src: string, dst: string) =>
        family === 4
          ? eth(link).ipv4({ src, dst, options: Uint8Array.of(1, 1, 1, 1, 0x94, 4, 0, 0) })
          : eth(link).ipv6({
              src,
              dst,
              extensions: [skipped, { kind: 'destination', data: new Uint8Array(14) }],
            });
      const syn = header(place.client, place.loadBalancer).tcp({ sport: 40005, dport: 80, flags: ['syn'] });
      const sent = lab.send(syn);
      expect(sent.verdict).toBe('tx');
      expect(sent.packet.problems).toEqual([]);
      expect(sent.packet.ipv4 ?? sent.packet.ipv6).toMatchObject({ src: place.node, dst: place.backend(0) });
      expect(sent.packet.tcp!.dport).toBe(8080);
      const ports = { sport: 8080, dport: sent.packet.tcp!.sport };
      const answer = lab.send(header(place.backend(0), place.node).tcp({ ...ports, flags: ['syn', 'ack'] }));
      expect(answer.packet.problems).toEqual([]);
      expect(answer.packet.ipv4 ?? answer.packet.ipv6).toMatchObject({
        src: place.loadBalancer,
        dst: place.client,
      });
      expect(answer.packet.tcp).toMatchObject({ sport: 80, dport: 40005 });
    });
  });
});

/** Put together, the fragments are one UDP datagram with a right checksum. */
function expectWhole(frames: readonly Uint8Array[], payload: string): void {
  const { ipv4, ipv6 } = parsePacket(frames[0]!);
  const { src, dst } = (ipv4 ?? ipv6)!;
  const data = Buffer.concat(frames.map((frame) => frame.subarray(ipv4 ? 34 : 14 + 40 + 8)));
  const whole = ipv4 ? eth().ipv4({ src, dst, protocol: 17 }) : eth().ipv6({ src, dst, protocol: 17 });
  const packet = parsePacket(whole.payload(data).bytes());
  expect(packet.problems).toEqual([]);
  expect(Buffer.from(packet.payload).toString()).toBe(payload);
}
