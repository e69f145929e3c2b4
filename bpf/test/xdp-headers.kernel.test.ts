import { flowCatalog } from '@lbx/maps';
import { describeKernel, eth, type PacketBuilder, parsePacket } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLab, families, type Lab, type Sent } from './xdp-lab.ts';
import { type Addressed, packetsOf } from './xdp-packets.ts';

const optionsOf = ({ packet }: Pick<Sent, 'packet'>) => packet.ipv4?.options ?? packet.ipv6!.extensions;
const portOf = (sent: Sent) => sent.packet.tcp!.sport;

/** What stands before TCP and UDP besides the IP header: VLAN tags, options, extension headers. */
describe.each(families)('IPv%i', (family) => {
  const { place, request, reply, backend, podBackend, service } = packetsOf(family);
  const fromClient = { src: place.routerMac, dst: place.nodeMac };
  const fromBackend = { src: place.backendMac(0), dst: place.nodeMac };
  const vlans = flowCatalog.lbx_vlans;
  const VLAN = 5;

  describeKernel('a VLAN tag', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({ family });
    });
    beforeEach(() => {
      lab.forget();
      lab.xdp.map(vlans.name).clear();
      lab.apply([service('LoadBalancer', [backend(0)])]);
    });
    afterAll(() => lab.close());

    /** The VLAN's device is the device itself: its routes are those of the lab. */
    const know = (vlan: number, ifindex = lab.ifindex) =>
      lab.tables.set(vlans, { ifindex: lab.ifindex, vlan }, { ifindex });

    it.each([
      ['of a VLAN that is known', VLAN],
      ['of a priority only', 0],
    ])('%s stays, there and back', (_name, vlan) => {
      if (vlan > 0) know(vlan);
      const first = lab.send(request({ vlan, flags: ['syn'] }));
      expect(first.verdict).toBe('tx');
      expect(first.packet.problems).toEqual([]);
      expect(first.packet.vlan).toMatchObject({ id: vlan });
      expect(first.packet.eth).toMatchObject({ src: place.nodeMac, dst: place.backendMac(0) });
      expect(first.ip).toMatchObject({ src: place.node, dst: place.backend(0), ttl: 63 });
      const answer = { vlan, dport: portOf(first) };
      for (const flags of [['syn', 'ack'], ['ack'], ['ack']] as const) {
        const back = lab.send(reply({ ...answer, flags }));
        expect(back.verdict).toBe('tx');
        expect(back.packet.problems).toEqual([]);
        expect(back.packet.vlan).toMatchObject({ id: vlan });
        expect(back.packet.eth).toMatchObject({ src: place.nodeMac, dst: place.routerMac });
        expect(back.ip).toMatchObject({ src: place.loadBalancer, dst: place.client });
        const next = lab.send(request({ vlan }));
        expect(next.counted).toEqual(['sent_request']);
        expect(next.packet.problems).toEqual([]);
        expect(portOf(next)).toBe(portOf(first));
      }
    });

    it('of the other kind (802.1ad) is the same', () => {
      know(VLAN);
      const bytes = request({ vlan: VLAN, flags: ['syn'] }).bytes();
      bytes.set([0x88, 0xa8], 12);
      const sent = lab.send(bytes);
      expect(sent.verdict).toBe('tx');
      expect(sent.packet.problems).toEqual([]);
      expect(sent.packet.eth.type).toBe(0x88a8);
    });

    it('of a VLAN that nobody knows leaves the packet to the kernel', () => {
      for (const packet of [request({ vlan: VLAN, flags: ['syn'] }), request({ vlan: VLAN })]) {
        expect(lab.send(packet)).toMatchObject({ verdict: 'pass', isUntouched: true, counted: [] });
      }
    });

    it('is not for the flows of another VLAN: they find their own way, or none', () => {
      know(VLAN);
      expect(lab.send(request({ vlan: VLAN, flags: ['syn'] })).verdict).toBe('tx');
      // Where the frames of VLAN 6 come in there is no way to the backend.
      know(6, lab.ifindex + 1000);
      expect(lab.send(request({ vlan: 6 })).verdict).not.toBe('tx');
      expect(lab.send(request({ vlan: VLAN })).counted).toEqual(['sent_request']);
    });

    it('before a second tag leaves the packet to the kernel', () => {
      know(VLAN);
      const tagged = request({ vlan: VLAN }).bytes();
      const twice = new Uint8Array(tagged.length + 4);
      twice.set(tagged.subarray(0, 12));
      twice.set([0x88, 0xa8, 0, 7], 12);
      twice.set(tagged.subarray(12), 16);
      expect(lab.send(twice)).toMatchObject({ verdict: 'pass', isUntouched: true, counted: [] });
    });

    it('does not keep a local backend from its packets, nor the client from the answers', () => {
      know(VLAN);
      lab.apply([service('LoadBalancer', [podBackend])]);
      const sent = lab.send(request({ vlan: VLAN, flags: ['syn'] }));
      expect(sent).toMatchObject({ verdict: 'pass', ip: { src: place.client, dst: place.pod } });
      expect(sent.packet.problems).toEqual([]);
      const left = lab.leave(
        reply({ vlan: VLAN, from: place.pod, to: place.client, dport: 40001, flags: ['syn', 'ack'] }),
      );
      expect(left.counted).toEqual(['sent_local_reply']);
      expect(left.ip.src).toBe(place.loadBalancer);
      expect(left.packet.problems).toEqual([]);
    });

    it.each(['TCP', 'UDP'] as const)('a %s packet cut short anywhere behind it is passed', (protocol) => {
      know(VLAN);
      const whole = request({ vlan: VLAN, protocol, flags: ['syn'] }).bytes();
      const headers = 18 + (family === 4 ? 20 : 40) + (protocol === 'TCP' ? 20 : 8);
      for (let length = 14; length < headers; length++) {
        const sent = lab.send(whole.subarray(0, length));
        expect(sent.verdict, `${length} bytes`).toBe('pass');
        expect(sent.isUntouched).toBe(true);
      }
    });
  });

  describeKernel('options', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({ family });
    });
    beforeEach(() => {
      lab.forget();
      lab.apply([
        service('LoadBalancer', [backend(0)]),
        service('LoadBalancer', [backend(0)], { protocol: 'UDP' }),
      ]);
    });
    afterAll(() => lab.close());

    type Extensions = Parameters<PacketBuilder['ipv6']>[0]['extensions'];
    const padding = (bytes: number) => Uint8Array.of(1, bytes - 2, ...new Uint8Array(bytes - 2));
    /** All segments left: 0. */
    const routed = Uint8Array.of(4, 0, 0, 0, 0, 0, ...new Uint8Array(16));
    const kinds: readonly (readonly [string, Uint8Array | NonNullable<Extensions>])[] =
      family === 4
        ? [
            ['no operation', Uint8Array.of(1, 1, 1, 0)],
            ['a router alert', Uint8Array.of(0x94, 4, 0, 0)],
            ['40 bytes of them', new Uint8Array(40).fill(1)],
          ]
        : [
            ['hop-by-hop options', [{ kind: 'hop-by-hop', data: padding(6) }]],
            ['destination options', [{ kind: 'destination', data: padding(14) }]],
            ['a routing header at its end', [{ kind: 'routing', data: routed }]],
            [
              'several headers',
              [
                { kind: 'hop-by-hop', data: padding(6) },
                { kind: 'destination', data: padding(6) },
                { kind: 'routing', data: routed },
                { kind: 'destination', data: padding(70) },
              ],
            ],
          ];

    function withOptions(
      link: { src: string; dst: string },
      options: Uint8Array | NonNullable<Extensions>,
      {
        from,
        to,
        sport,
        dport,
        protocol = 'TCP',
        flags = ['ack'],
        vlan,
      }: Required<Pick<Addressed, 'from' | 'to' | 'sport' | 'dport'>> & Addressed,
    ): PacketBuilder {
      const frame = vlan === undefined ? eth(link) : eth(link).vlan({ id: vlan });
      const ip =
        options instanceof Uint8Array
          ? frame.ipv4({ src: from, dst: to, options })
          : frame.ipv6({ src: from, dst: to, extensions: options });
      const ports = { sport, dport };
      return (protocol === 'UDP' ? ip.udp(ports) : ip.tcp({ ...ports, flags })).payload('hello');
    }
    const asked = { from: place.client, to: place.loadBalancer, sport: 40001, dport: 80 };

    for (const protocol of ['TCP', 'UDP'] as const) {
      it.each(kinds)(
        `before ${protocol}: %s stay, there and back, in every packet of a flow`,
        (_name, options) => {
          const ask = (flags: Addressed['flags']) =>
            lab.send(withOptions(fromClient, options, { ...asked, protocol, flags: flags ?? [] }));
          const first = ask(['syn']);
          expect(first.verdict).toBe('tx');
          expect(first.counted).toContain('note_new_flow');
          for (const sent of [first, ask(['ack']), ask(['ack'])]) {
            expect(sent.packet.problems).toEqual([]);
            expect(sent.ip).toMatchObject({ src: place.node, dst: place.backend(0), ttl: 63 });
            expect(optionsOf(sent)).toEqual(
              optionsOf({ packet: parsePacket(withOptions(fromClient, options, asked).bytes()) }),
            );
          }
          const { sport, dport } = first.packet.tcp ?? first.packet.udp!;
          const back = lab.send(
            withOptions(fromBackend, options, {
              ...{ from: place.backend(0), to: place.node, sport: dport, dport: sport },
              protocol,
              flags: ['syn', 'ack'],
            }),
          );
          expect(back.verdict).toBe('tx');
          expect(back.packet.problems).toEqual([]);
          expect(back.ip).toMatchObject({ src: place.loadBalancer, dst: place.client });
          // The same flow without options.
          expect(lab.send(request({ protocol })).counted).toEqual(['sent_request']);
        },
      );
    }

    it('behind a VLAN tag, as well', () => {
      const sent = lab.send(withOptions(fromClient, kinds[0]![1], { ...asked, vlan: 0, flags: ['syn'] }));
      expect(sent.verdict).toBe('tx');
      expect(sent.packet.problems).toEqual([]);
      expect(sent.ip.dst).toBe(place.backend(0));
    });

    it('of a stranger, and of the node, are none of our business', () => {
      for (const to of [place.stranger, place.node]) {
        const sent = lab.send(withOptions(fromClient, kinds[0]![1], { ...asked, to, dport: 40500 }));
        expect(sent).toMatchObject({ verdict: 'pass', isUntouched: true, counted: [] });
      }
    });

    if (family === 6) {
      const passed: readonly (readonly [string, NonNullable<Extensions>])[] = [
        [
          'a routing header that leads on',
          [{ kind: 'routing', data: Uint8Array.of(4, 1, ...new Uint8Array(20)) }],
        ],
        [
          'nine headers',
          Array.from({ length: 9 }, () => ({ kind: 'destination', data: padding(6) }) as const),
        ],
        ['more than 512 bytes', [{ kind: 'destination', data: padding(510) }]],
      ];
      it.each(passed)('that are not looked behind are passed: %s', (_name, extensions) => {
        const sent = lab.send(withOptions(fromClient, extensions, { ...asked, flags: ['syn'] }));
        expect(sent).toMatchObject({ verdict: 'pass', isUntouched: true, counted: [] });
      });
    }

    it('cut short anywhere: passed', () => {
      const whole = withOptions(fromClient, kinds.at(-1)![1], { ...asked, flags: ['syn'] }).bytes();
      for (let length = 14; length < whole.length - 5; length++) {
        const sent = lab.send(whole.subarray(0, length));
        expect(sent.verdict, `${length} bytes`).toBe('pass');
        expect(sent.isUntouched).toBe(true);
      }
      expect(lab.send(whole).verdict).toBe('tx');
    });
  });
});
