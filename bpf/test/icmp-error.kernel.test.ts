import { describeKernel, eth, parsePacket } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, hooks, type Lab, place } from './xdp-lab.ts';
import { backend, reply, request, service } from './xdp-packets.ts';

const link = { src: place.routerMac, dst: place.nodeMac };

describe.each(hooks)('ICMP errors of our own, at %s', (hook) =>
  describeKernel('packets', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({
        hook,
        checksumComplete: false,
        frontends: [
          service('LoadBalancer', []),
          service('LoadBalancer', [], { protocol: 'UDP' }),
          service('ExternalIP', [], { endpointsElsewhere: true }),
          service('NodePort', [backend(0)]),
        ],
      });
    });
    afterAll(() => lab.close());

    for (const protocol of ['TCP', 'UDP'] as const) {
      for (const payload of [
        '',
        'x',
        'hello',
        'x'.repeat(475),
        'x'.repeat(476),
        'x'.repeat(477),
        'x'.repeat(1400),
      ]) {
        it(`no endpoint anywhere: ${protocol} with ${payload.length} bytes is rejected`, () => {
          const packet = request({ protocol, payload, flags: ['syn'] }).bytes();
          const sent = lab.send(packet);
          expect(sent.counted).toEqual(['sent_icmp_error', 'drop_no_backend']);
          expect(sent.verdict).toBe('tx');
          expect(sent.packet.problems).toEqual([]);
          expect(sent.packet).toMatchObject({
            eth: { src: place.nodeMac, dst: place.routerMac },
            ipv4: { src: place.loadBalancer, dst: place.client, ttl: 64 },
            icmp: { type: 3, code: 3 },
          });
          const quoted = packet.subarray(14, 14 + 504);
          expect(Buffer.from(sent.bytes.subarray(14 + 28)).equals(Buffer.from(quoted))).toBe(true);
        });
      }
    }

    it('padding of the link is not quoted', () => {
      const packet = request({ protocol: 'UDP', payload: '' }).bytes();
      const padded = new Uint8Array(60);
      padded.set(packet);
      expect(lab.send(padded).bytes.length).toBe(14 + 28 + 28);
    });

    it('endpoints elsewhere only: dropped silently', () => {
      const sent = lab.send(request({ to: place.external }));
      expect(sent.verdict).toBe('drop');
      expect(sent.counted).toEqual(['drop_no_local_backend']);
    });

    it.each(['224.0.0.1', '127.0.0.1', '0.0.0.0', '255.255.255.255'])('nothing is sent to %s', (src) => {
      const packet = eth(link).ipv4({ src, dst: place.loadBalancer }).udp({ sport: 5, dport: 80 });
      expect(lab.send(packet).verdict).toBe('drop');
    });

    it('hop limit used up on the way to the backend and back: time exceeded, from the node', () => {
      const there = lab.send(request({ to: place.node, dport: 30080, ttl: 1 }));
      expect(there.verdict).toBe('tx');
      expect(there.counted).toContain('drop_ttl');
      expect(there.packet.problems).toEqual([]);
      expect(there.packet).toMatchObject({
        ipv4: { src: place.node, dst: place.client },
        icmp: { type: 11, code: 0 },
      });
      const sent = lab.send(request({ to: place.node, dport: 30080, flags: ['syn'] }));
      const back = lab.send(reply({ dport: sent.packet.tcp!.sport, ttl: 1 }));
      expect(back.packet).toMatchObject({
        ipv4: { src: place.node, dst: place.backend(0) },
        icmp: { type: 11, code: 0 },
      });
    });

    it('the quote holds a whole packet that can be read', () => {
      const sent = lab.send(request({ protocol: 'UDP', sport: 1234 }));
      const inner = sent.bytes.subarray(14 + 28);
      const frame = new Uint8Array(14 + inner.length);
      frame.set(sent.bytes.subarray(0, 14));
      frame.set(inner, 14);
      expect(parsePacket(frame)).toMatchObject({ udp: { sport: 1234, dport: 80 }, problems: [] });
    });
  }),
);

describeKernel('ICMP errors of our own: settings', () => {
  it('a CPU sends no more than it may in a second', () => {
    using lab = createLab({
      frontends: [service('LoadBalancer', [])],
      variables: { lbx_icmp_per_second: 3 },
    });
    const verdicts = Array.from({ length: 5 }, (_, n) => lab.send(request({ sport: 1000 + n })));
    const limited = verdicts.filter(({ verdict }) => verdict === 'drop');
    expect(limited.length).toBeGreaterThan(0);
    expect(limited[0]!.counted).toEqual(['note_icmp_limited', 'drop_no_backend']);
  });

  it('rejecting can be switched off', () => {
    using lab = createLab({ frontends: [service('LoadBalancer', [])], variables: { lbx_reject_on: 0 } });
    expect(lab.send(request()).verdict).toBe('drop');
  });
});
