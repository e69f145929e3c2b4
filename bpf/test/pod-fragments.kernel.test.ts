// Fragments, options and extension headers at a pod's device, as data.
import { describeKernel, eth, fragmentPacket } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPodLab, type PodLab, pods } from './pod-lab.ts';
import { families } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

const link = { src: '02:00:00:00:05:01', dst: '02:00:00:00:05:02' } as const;

describe.each(families)('fragments at pods’ devices, IPv%i', (family) => {
  const at = pods[family];
  const { ip } = packetsOf(family);
  let datagrams = 0;
  const pieces = ([src, sport]: readonly [string, number], [dst, dport]: readonly [string, number]) =>
    fragmentPacket(
      ip(eth(link), { src, dst }).udp({ sport, dport }).payload('x'.repeat(3000)),
      1400,
      ++datagrams,
    );

  describeKernel('packets', () => {
    let lab: PodLab;
    beforeAll(() => {
      lab = createPodLab(family);
      lab.apply(
        [[80, at.host, 'other'] as const, [82, at.a, 'local'] as const].map(([port, address, node]) => ({
          service: `test/${port}`,
          type: 'ClusterIP' as const,
          address: at.service,
          port,
          protocol: 'UDP' as const,
          backends: [{ address, port: 8080, protocol: 'UDP' as const, node }],
        })),
      );
    });
    afterAll(() => lab?.[Symbol.dispose]());

    it.each([
      ['a request', 'out', [at.a, 40001], [at.service, 80], 'pass', at.a, at.host],
      ['its answer', 'in', [at.host, 8080], [at.a, 40001], 'pass', at.service, at.a],
      ['a request to itself', 'out', [at.a, 40002], [at.service, 82], 'turned', at.hairpin, at.a],
      ['its own answer', 'out', [at.a, 8080], [at.hairpin, 40002], 'turned', at.service, at.a],
    ] as const)('%s: all fragments go the same way', (_name, way, from, to, verdict, src, dst) => {
      const ran = pieces(from, to).map((piece) => lab.run(way, piece));
      expect(ran.length).toBe(3);
      for (const { packet, verdict: became } of ran) {
        expect(became).toBe(verdict);
        expect(packet.problems).toEqual([]);
        expect(packet.ipv4 ?? packet.ipv6).toMatchObject({ src, dst });
        if (verdict === 'turned') expect(packet.eth).toMatchObject({ src: link.dst, dst: link.src });
      }
    });

    it('to a service, a later fragment before the first one: dropped, those after it follow', () => {
      const [first, second, third] = pieces([at.a, 40003], [at.service, 80]);
      expect(lab.run('out', second!).verdict).toBe('drop');
      for (const piece of [first!, third!]) {
        const { packet } = lab.run('out', piece);
        expect(packet.ipv4 ?? packet.ipv6).toMatchObject({ src: at.a, dst: at.host });
      }
    });

    it.each([
      ['out', [at.a, 40004], [at.b, 80]],
      ['out', [at.a, 40004], [at.hairpin, 80]],
      ['out', [at.a, 40004], [at.node, 30099]],
      ['in', [at.host, 8080], [at.a, 40099]],
      ['in', [at.host, 53], [at.a, 40001]],
    ] as const)('%s, nobody’s: untouched, in any order', (way, from, to) => {
      const frames = pieces(from, to);
      for (const frame of [...frames, ...pieces(from, to).reverse()]) {
        const { verdict, isUntouched } = lab.run(way, frame);
        expect(verdict).toBe('pass');
        expect(isUntouched).toBe(true);
      }
    });

    it('packets with options or extension headers are served as well', () => {
      const header = (src: string, dst: string) =>
        family === 4
          ? eth(link).ipv4({ src, dst, options: Uint8Array.of(1, 1, 1, 1, 0x94, 4, 0, 0) })
          : eth(link).ipv6({ src, dst, extensions: [{ kind: 'destination', data: new Uint8Array(14) }] });
      const sent = lab.run('out', header(at.a, at.service).udp({ sport: 40005, dport: 80 }).payload('hello'));
      expect(sent.packet.problems).toEqual([]);
      expect(sent.packet.ipv4 ?? sent.packet.ipv6).toMatchObject({ src: at.a, dst: at.host });
      expect(sent.packet.udp).toMatchObject({ sport: 40005, dport: 8080 });
      const back = lab.run('in', header(at.host, at.a).udp({ sport: 8080, dport: 40005 }).payload('hello'));
      expect(back.packet.problems).toEqual([]);
      expect(back.packet.ipv4 ?? back.packet.ipv6).toMatchObject({ src: at.service, dst: at.a });
      expect(back.packet.udp).toMatchObject({ sport: 80, dport: 40005 });
    });
  });
});
