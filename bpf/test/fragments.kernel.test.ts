import { describeKernel, eth, fragmentPacket, parsePacket } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, hooks, type Lab, place } from './xdp-lab.ts';
import { backend, podBackend, reply, request, service } from './xdp-packets.ts';

const link = { src: place.routerMac, dst: place.nodeMac };

describe.each(hooks)('fragments at %s', (hook) => {
  describeKernel('of datagrams to and from services', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({
        hook,
        frontends: [
          service('LoadBalancer', [backend(0)], { protocol: 'UDP' }),
          service('LoadBalancer', [backend(0)]),
          service('NodePort', [podBackend], { protocol: 'UDP' }),
        ],
      });
    });
    afterAll(() => lab.close());

    const payload = Array.from({ length: 3000 }, (_, n) => String.fromCharCode(97 + (n % 26))).join('');
    const pieces = (packet: ReturnType<typeof request>) => fragmentPacket(packet, 1400);

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
        expect(packet.ipv4).toMatchObject({ src: place.node, dst: place.backend(0), ttl: 63 });
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
        expect(packet.ipv4).toMatchObject({ src: place.loadBalancer, dst: place.client });
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
        expect(packet.ipv4).toMatchObject({ src: place.client, dst: place.pod });
      }
      expectWhole(
        sent.map(({ bytes }) => bytes),
        payload,
      );
      const answer = eth(link)
        .ipv4({ src: place.pod, dst: place.client, id: 9 })
        .udp({ sport: 8080, dport: 40003 })
        .payload(payload);
      const left = pieces(answer).map((frame) => lab.leave(frame));
      for (const { packet, counted } of left) {
        expect(counted).toEqual(['sent_local_reply']);
        expect(packet.ipv4).toMatchObject({ src: place.node, dst: place.client });
      }
      expectWhole(
        left.map(({ bytes }) => bytes),
        payload,
      );
    });

    it('a later fragment before the first one: dropped with a reason, the next datagram is whole', () => {
      const [first, second, third] = pieces(request({ protocol: 'UDP', sport: 40004, payload })).map((f) => {
        f[18] = 0x77; // another id, so another datagram
        return f;
      });
      const early = lab.send(fixed(second!));
      expect(early.verdict).toBe('drop');
      expect(early.counted).toEqual(['drop_fragment_early']);
      expect(lab.send(fixed(first!)).verdict).toBe('tx');
      expect(lab.send(fixed(third!)).verdict).toBe('tx');
    });

    it('fragments of strangers are passed untouched, in any order', () => {
      const stranger = eth(link)
        .ipv4({ src: place.client, dst: '203.0.113.200', id: 3 })
        .udp({ sport: 5, dport: 80 })
        .payload(payload);
      for (const frame of pieces(stranger).reverse()) {
        const sent = lab.send(frame);
        expect(sent.verdict).toBe('pass');
        expect(sent.isUntouched).toBe(true);
        expect(sent.counted).toEqual([]);
      }
    });

    it('a packet with IP options is served as well', () => {
      const options = Uint8Array.of(1, 1, 1, 1, 0x94, 4, 0, 0);
      const syn = eth(link)
        .ipv4({ src: place.client, dst: place.loadBalancer, options, ttl: 64 })
        .tcp({ sport: 40005, dport: 80, flags: ['syn'] })
        .payload('hi');
      const sent = lab.send(syn);
      expect(sent.verdict).toBe('tx');
      expect(sent.packet.problems).toEqual([]);
      expect(sent.packet).toMatchObject({
        ipv4: { src: place.node, dst: place.backend(0) },
        tcp: { dport: 8080 },
      });
      const answer = eth({ src: place.backendMac(0), dst: place.nodeMac })
        .ipv4({ src: place.backend(0), dst: place.node, options })
        .tcp({ sport: 8080, dport: sent.packet.tcp!.sport, flags: ['syn', 'ack'] });
      expect(lab.send(answer).packet).toMatchObject({
        ipv4: { src: place.loadBalancer, dst: place.client },
        tcp: { sport: 80, dport: 40005 },
        problems: [],
      });
    });
  });
});

/** The IPv4 checksum made right again. */
function fixed(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset);
  view.setUint16(24, 0);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  return frame;
}

/** Put together, the fragments are one UDP datagram with a right checksum. */
function expectWhole(frames: readonly Uint8Array[], payload: string): void {
  const ip = parsePacket(frames[0]!).ipv4!;
  const data = Buffer.concat(frames.map((frame) => frame.subarray(34)));
  const whole = eth().ipv4({ src: ip.src, dst: ip.dst, protocol: 17 }).payload(data).bytes();
  const packet = parsePacket(whole);
  expect(packet.problems).toEqual([]);
  expect(Buffer.from(packet.payload).toString()).toBe(payload);
}
