// ICMP errors about packets that were translated at a pod's device, as data.
import { describeKernel, eth, type PacketBuilder, parsePacket } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPodLab, type PodLab, pods, type Ran } from './pod-lab.ts';
import { families } from './xdp-lab.ts';
import { icmpErrors, packetsOf } from './xdp-packets.ts';

const link = { src: '02:00:00:00:05:01', dst: '02:00:00:00:05:02' } as const;

describe.each(families)('ICMP errors at pods’ devices, IPv%i', (family) => {
  const at = pods[family];
  const { ip } = packetsOf(family);
  const router = family === 4 ? '192.0.2.77' : '2001:db8:1::77';
  const errors = icmpErrors[family];
  const bytes = family === 4 ? 20 : 40;
  const lengths = [bytes + 8, bytes + 20, 200];
  const protocols = ['TCP', 'UDP'] as const;
  const packet = (
    protocol: 'TCP' | 'UDP',
    [src, sport]: readonly [string, number],
    [dst, dport]: readonly [string, number],
  ) => {
    const frame = ip(eth(link), { src, dst });
    const filled =
      protocol === 'UDP' ? frame.udp({ sport, dport }) : frame.tcp({ sport, dport, flags: ['ack'] });
    return filled.payload('x'.repeat(180));
  };
  const ends = ({ packet: { ipv4, ipv6 } }: Ran) => {
    const { src, dst } = (ipv4 ?? ipv6)!;
    return { src, dst };
  };
  /** What is said is right, and about `before` as its sender had sent it. */
  const expectError = (ran: Ran, icmp: object, before: PacketBuilder, length: number) => {
    expect(ran.packet.problems).toEqual([]);
    expect(ran.packet).toMatchObject({ icmp });
    const start = 14 + bytes + 8;
    expect(Buffer.from(ran.bytes.slice(start, start + length)).toString('hex')).toBe(
      Buffer.from(before.bytes().slice(14, 14 + length)).toString('hex'),
    );
  };

  describeKernel('packets', () => {
    let lab: PodLab;
    beforeAll(() => {
      lab = createPodLab(family);
      lab.apply(
        protocols.flatMap((protocol) =>
          [[80, at.host, 'other'] as const, [82, at.a, 'local'] as const].map(([port, address, node]) => ({
            service: `test/${port}-${protocol}`,
            type: 'ClusterIP' as const,
            address: at.service,
            port,
            protocol,
            backends: [{ address, port: 8080, protocol, node }],
          })),
        ),
      );
    });
    afterAll(() => lab?.[Symbol.dispose]());

    for (const protocol of protocols) {
      for (const { name, icmp } of errors) {
        for (const length of lengths) {
          it.each([
            ['a router', router, router],
            ['the backend', at.host, at.service],
          ])(`${name} about a ${protocol} request, quote of ${length} bytes, by %s`, (_who, by, seen) => {
            const before = packet(protocol, [at.a, 40001], [at.service, 80]);
            const sent = lab.run('out', before);
            expect(ends(sent)).toEqual({ src: at.a, dst: at.host });
            const error = ip(eth(link), { src: by, dst: at.a }).icmp(icmp).quote(sent.bytes, length);
            const told = lab.run('in', error);
            expect(told.verdict).toBe('pass');
            expect(ends(told)).toEqual({ src: seen, dst: at.a });
            expectError(told, icmp, before, length);
          });

          it(`${name} about a ${protocol} reply, by the pod, quote of ${length} bytes`, () => {
            lab.run('out', packet(protocol, [at.a, 40002], [at.service, 80]));
            const before = packet(protocol, [at.host, 8080], [at.a, 40002]);
            const got = lab.run('in', before);
            expect(ends(got)).toEqual({ src: at.service, dst: at.a });
            const error = ip(eth(link), { src: at.a, dst: at.service }).icmp(icmp).quote(got.bytes, length);
            const told = lab.run('out', error);
            expect(told.verdict).toBe('pass');
            expect(ends(told)).toEqual({ src: at.a, dst: at.host });
            expectError(told, icmp, before, length);
          });
        }
      }

      it(`of a pod that calls itself (${protocol}): back into the pod`, () => {
        const { icmp } = errors[1]!;
        const request = packet(protocol, [at.a, 40003], [at.service, 82]);
        const turned = lab.run('out', request);
        expect(turned.verdict).toBe('turned');
        expect(ends(turned)).toEqual({ src: at.hairpin, dst: at.a });
        const refusal = ip(eth(link), { src: at.a, dst: at.hairpin })
          .icmp(icmp)
          .quote(turned.bytes, bytes + 8);
        const refused = lab.run('out', refusal);
        expect(refused.verdict).toBe('turned');
        expect(refused.packet.eth).toMatchObject({ src: link.dst, dst: link.src });
        expect(ends(refused)).toEqual({ src: at.service, dst: at.a });
        expectError(refused, icmp, request, bytes + 8);

        const reply = packet(protocol, [at.a, 8080], [at.hairpin, 40003]);
        const answer = lab.run('out', reply);
        expect(ends(answer)).toEqual({ src: at.service, dst: at.a });
        const closing = ip(eth(link), { src: at.a, dst: at.service })
          .icmp(icmp)
          .quote(answer.bytes, bytes + 8);
        const closed = lab.run('out', closing);
        expect(closed.verdict).toBe('turned');
        expect(ends(closed)).toEqual({ src: at.hairpin, dst: at.a });
        expectError(closed, icmp, reply, bytes + 8);
      });
    }

    it.each([
      ['in', 'about a packet of no flow', router, [at.a, 40009], [at.host, 8080]],
      ['in', 'about another port of the backend', at.host, [at.a, 40001], [at.host, 8081]],
      ['in', 'about somebody else’s packet', router, [at.b, 40001], [at.host, 8080]],
      ['out', 'about a packet of no flow', at.a, [at.service, 80], [at.a, 40009]],
      ['out', 'by another than who got the packet', at.b, [at.service, 80], [at.a, 40001]],
    ] as const)('%s, %s: untouched', (way, _name, by, from, to) => {
      lab.run('out', packet('UDP', [at.a, 40001], [at.service, 80]));
      const about = packet('UDP', from, to).bytes();
      const { ipv4, ipv6 } = parsePacket(about);
      const dst = _name.startsWith('about somebody') ? at.a : (ipv4 ?? ipv6)!.src;
      const told = lab.run(way, ip(eth(link), { src: by, dst }).icmp(errors[1]!.icmp).quote(about));
      expect(told.verdict).toBe('pass');
      expect(told.isUntouched).toBe(true);
    });

    it('pings: untouched', () => {
      const ping = ip(eth(link), { src: at.a, dst: at.service }).icmp({
        type: family === 4 ? 8 : 128,
        id: 7,
        seq: 1,
      });
      for (const way of ['out', 'in'] as const) expect(lab.run(way, ping).isUntouched).toBe(true);
    });
  });
});
