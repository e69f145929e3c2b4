import { maglevHash4, maglevHash6, parseSeed } from '@lbx/maglev';
import { catalog, type FrontendType, type Protocol, randomSlot4, randomSlot6 } from '@lbx/maps';
import { describeKernel, eth } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, everywhere, type Lab, MAGLEV_SIZE, type Sent } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

describe.each(everywhere)('IPv$family at $hook', ({ family, hook }) => {
  const { place, ip, request, reply, backend, podBackend, service } = packetsOf(family);
  const etherType = family === 4 ? 0x800 : 0x86dd;
  const types = ['NodePort', 'LoadBalancer', 'ExternalIP'] as const satisfies FrontendType[];
  const protocols = ['TCP', 'UDP'] as const satisfies Protocol[];
  const l4 = ({ packet }: Sent) => packet.tcp ?? packet.udp!;

  describeKernel('forwards', () => {
    for (const algorithm of ['random', 'maglev'] as const) {
      describe(`${algorithm}`, () => {
        let lab: Lab;
        const remote = [0, 1, 2].map((n) => backend(n));
        beforeAll(() => {
          lab = createLab({
            family,
            hook,
            algorithm,
            frontends: types.flatMap((type) =>
              protocols.flatMap((protocol) => [
                service(type, remote, { protocol }),
                service(type, [podBackend], {
                  protocol,
                  service: `test/${type}-${protocol}-local`,
                  port: type === 'NodePort' ? 30081 : 81,
                }),
              ]),
            ),
          });
        });
        afterAll(() => lab.close());

        const cases = types.flatMap((type) => protocols.map((protocol) => ({ type, protocol })));
        it.each(cases)('$type $protocol to a remote backend and back', ({ type, protocol }) => {
          const [frontend] = [service(type, remote, { protocol })];
          const to = { to: frontend!.address, dport: frontend!.port, protocol };
          const first = lab.send(request({ ...to, flags: ['syn'] }));
          expect(first.verdict).toBe('tx');
          expect(first.packet.problems).toEqual([]);
          expect(first.ip).toMatchObject({
            src: place.node,
            ttl: 63,
            ...(family === 4 ? { id: 7, df: true } : { flowLabel: 7, trafficClass: 4 }),
          });
          const chosen = remote.findIndex(({ address }) => address === first.ip.dst);
          expect(chosen).toBeGreaterThanOrEqual(0);
          expect(first.packet.eth).toEqual({
            src: place.nodeMac,
            dst: place.backendMac(chosen),
            type: etherType,
          });
          const port = l4(first).sport;
          expect(port).toBeGreaterThanOrEqual(40000);
          expect(port).toBeLessThanOrEqual(40999);
          expect(l4(first).dport).toBe(8080);
          expect(Buffer.from(first.packet.payload).toString()).toBe('hello');

          const answer = { from: place.backend(chosen), sport: 8080, dport: port, protocol };
          for (const flags of [['syn', 'ack'], ['ack'], ['psh', 'ack']] as const) {
            const back = lab.send(reply({ ...answer, flags, payload: 'world' }));
            expect(back.verdict).toBe('tx');
            expect(back.packet.problems).toEqual([]);
            expect(back.packet.eth).toEqual({ src: place.nodeMac, dst: place.routerMac, type: etherType });
            expect(back.ip).toMatchObject({ src: frontend!.address, dst: place.client, ttl: 63 });
            expect(l4(back)).toMatchObject({ sport: frontend!.port, dport: 40001 });
            expect(Buffer.from(back.packet.payload).toString()).toBe('world');
            const next = lab.send(request({ ...to, flags: ['ack'] }));
            expect(next.verdict).toBe('tx');
            expect(next.counted).toEqual(['sent_request']);
            expect(next.packet.problems).toEqual([]);
            expect(next.ip.dst).toBe(first.ip.dst);
            expect(l4(next)).toMatchObject({ sport: port, dport: 8080 });
          }
        });

        it.each(cases)(
          '$type $protocol to a local backend: destination only, passed up',
          ({ type, protocol }) => {
            const to = { to: service(type, []).address, dport: type === 'NodePort' ? 30081 : 81, protocol };
            const sport = 40010 + types.indexOf(type);
            for (const flags of [['syn'], ['ack'], ['ack']] as const) {
              const sent = lab.send(request({ ...to, sport, flags }));
              expect(sent.verdict).toBe('pass');
              expect(sent.counted).toContain('sent_local_request');
              expect(sent.packet.problems).toEqual([]);
              expect(sent.packet.eth).toEqual({ src: place.routerMac, dst: place.nodeMac, type: etherType });
              expect(sent.ip).toMatchObject({ src: place.client, dst: place.pod, ttl: 64 });
              expect(l4(sent)).toMatchObject({ sport, dport: 8080 });
            }
          },
        );

        it('keeps a UDP checksum of 0, and never makes one', () => {
          const frame = eth({ src: place.routerMac, dst: place.nodeMac });
          const zero = ip(frame, { src: place.client, dst: place.loadBalancer })
            .udp({ sport: 40003, dport: 80, checksum: 0 })
            .payload('x');
          for (let i = 0; i < 2; i++) {
            const sent = lab.send(zero);
            expect(sent.verdict).toBe('tx');
            expect(sent.packet.udp!.checksum).toBe(0);
            expect(sent.packet.checksumsValid || family === 6).toBe(true);
          }
          // All payloads of one word: among their checksums is the one that comes out as 0.
          for (let word = 0; word < 0x10000; word += 251) {
            const payload = String.fromCharCode(word & 0x7f, (word >> 8) & 0x7f);
            const sent = lab.send(request({ protocol: 'UDP', sport: 40003, payload }));
            expect(sent.packet.udp!.checksum).not.toBe(0);
            expect(sent.packet.checksumsValid).toBe(true);
          }
        });

        it('chooses every backend for some clients, and the same for the same client tuple', () => {
          const chosen = new Map<number, string>();
          for (let sport = 50000; sport < 50120; sport++) {
            const sent = lab.send(request({ sport, flags: ['syn'] }));
            expect(sent.verdict).toBe('tx');
            chosen.set(sport, sent.ip.dst);
          }
          for (const { address } of remote) {
            const share = [...chosen.values()].filter((each) => each === address).length;
            expect(share).toBeGreaterThan(20);
            expect(share).toBeLessThan(60);
          }
        });

        it('chooses as user space can tell beforehand', () => {
          for (let sport = 51000; sport < 51040; sport++) {
            const sent = lab.send(request({ sport, flags: ['syn'] }));
            const id = lab.tables.backendIds.get(`${sent.ip.dst}:8080/6`);
            expect(id).toBe(expectedBackend(lab, algorithm, sport));
          }
        });
      });
    }
  });

  function expectedBackend(lab: Lab, algorithm: 'random' | 'maglev', sport: number): number {
    const key = { address: place.loadBalancer, dport: 80, backendSlot: 0, proto: 6, scope: 0 };
    const master = lab.tables.get<typeof key, { revNatIndex: number; count: number }>(
      catalog[`lb${family}_services_v2`],
      key,
    )!;
    const seed = parseSeed('JLfvgnHc2kaSUFaI');
    const maglevHash = family === 4 ? maglevHash4 : maglevHash6;
    if (algorithm === 'maglev') {
      using table = lab.xdp
        .map(`lb${family}_maglev`)
        .getInner(catalog.lb4_maglev.key.encode({ revNatId: master.revNatIndex }))!;
      const bytes = table.get(new Uint8Array(4))!;
      const index = maglevHash(place.client, sport, 80, 6, seed) % MAGLEV_SIZE;
      return new DataView(bytes.buffer, bytes.byteOffset).getUint32(index * 4, true);
    }
    const tuple = { saddr: place.client, sport, daddr: place.loadBalancer, dport: 80, proto: 6 };
    const slot = (family === 4 ? randomSlot4 : randomSlot6)(tuple, master.count);
    return lab.tables.get<typeof key, { backendId: number }>(catalog[`lb${family}_services_v2`], {
      ...key,
      backendSlot: slot,
    })!.backendId;
  }
});
