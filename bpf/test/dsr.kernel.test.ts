import { describeKernel, dsrOption4, dsrOption6, eth, fragmentPacket, type ParsedIp } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, everywhere, type Lab, type LabOptions } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

describe.each(everywhere)('DSR, IPv$family at $hook', ({ family, hook }) => {
  const { place, ip, request, backend, podBackend, service } = packetsOf(family);
  const frontends = [
    service('LoadBalancer', [backend(0)]),
    service('LoadBalancer', [backend(0)], { protocol: 'UDP' }),
    service('NodePort', [podBackend]),
    service('NodePort', [podBackend], { protocol: 'UDP' }),
  ];
  const byOption = { lbx_forwarding: 1 };
  const byTunnel = { lbx_forwarding: 1, lbx_dsr_by: 1 };
  const fromPeer = { src: place.backendMac(1), dst: place.nodeMac };
  const bytes = family === 4 ? { ip: 20, option: 8 } : { ip: 40, option: 24 };
  /** What parsed packets have of one of the families. */
  const header = (packet: ParsedIp) => packet.ipv4 ?? packet.ipv6;
  const length = (packet: ParsedIp) => packet.ipv4?.totalLength ?? 40 + packet.ipv6!.payloadLength;
  const hops = (packet: ParsedIp) => packet.ipv4?.ttl ?? packet.ipv6?.hopLimit;
  const tooBig = (mtu: number) => (family === 4 ? { type: 3, code: 4, mtu } : { type: 2, code: 0, mtu });

  const createDsrLab = (variables: LabOptions['variables'], more: LabOptions = {}) =>
    createLab({ family, hook, frontends, ...more, ...(variables && { variables }) });

  describeKernel('by option', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createDsrLab(byOption);
    });
    afterAll(() => lab.close());
    const expectThere = (packet: Lab['send'] extends (p: never) => { packet: infer P } ? P : never) => {
      expect(packet.problems).toEqual([]);
      expect(packet.eth).toMatchObject({ src: place.nodeMac, dst: place.backendMac(0) });
      expect(header(packet)).toMatchObject({ src: place.client, dst: place.backend(0) });
      expect(hops(packet)).toBe(63);
    };

    it('a SYN goes to the backend with its client as source, and tells the service', () => {
      const sent = lab.send(request({ flags: ['syn'], sport: 40001 }));
      expect(sent.counted).toEqual(['sent_request', 'note_new_flow']);
      expect(sent.verdict).toBe('tx');
      expectThere(sent.packet);
      expect(sent.packet.tcp).toMatchObject({ sport: 40001, dport: 8080 });
      expect(
        Buffer.from(sent.bytes.subarray(14 + bytes.ip, 14 + bytes.ip + bytes.option)).toString('hex'),
      ).toBe(family === 4 ? '9a085000016433c6' : '06021b1420010db800040000000000000000000100500000');
      expect(sent.packet.dsr).toEqual({ address: place.loadBalancer, port: 80 });
      expect(Buffer.from(sent.packet.payload).toString()).toBe('hello');
    });

    it('what follows in the connection is only rewritten', () => {
      const sent = lab.send(request({ sport: 40001 }));
      expect(sent.counted).toEqual(['sent_request']);
      expectThere(sent.packet);
      expect(sent.packet.dsr).toBeUndefined();
      expect(lab.send(request({ sport: 40001 })).counted).toEqual(['sent_request']);
    });

    it('every UDP packet tells the service', () => {
      for (let n = 0; n < 3; n++) {
        const sent = lab.send(request({ protocol: 'UDP', sport: 40002 }));
        expect(sent.counted).toContain('sent_request');
        expectThere(sent.packet);
        expect(sent.packet.udp).toMatchObject({ sport: 40002, dport: 8080 });
        expect(sent.packet.dsr).toEqual({ address: place.loadBalancer, port: 80 });
      }
    });

    it('a removed backend: UDP moves to another at once', () => {
      lab.apply([service('LoadBalancer', [backend(2)], { protocol: 'UDP' })]);
      const sent = lab.send(request({ protocol: 'UDP', sport: 40002 }));
      expect(header(sent.packet)!.dst).toBe(place.backend(2));
      lab.apply(frontends);
    });
  });

  describeKernel('by tunnel', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createDsrLab(byTunnel);
    });
    afterAll(() => lab.close());

    const tunnel = (dst: string, inner: Uint8Array) =>
      (family === 4
        ? eth(fromPeer).ipv4({ src: place.unknown, dst, protocol: 4 })
        : eth(fromPeer).ipv6({ src: place.unknown, dst, protocol: 41 })
      ).payload(inner.subarray(14));

    it.each(['TCP', 'UDP'] as const)('every %s packet goes inside another one', (protocol) => {
      for (const flags of [['syn'], ['ack'], ['ack']] as const) {
        const packet = request({ protocol, flags, sport: 40001 }).bytes();
        const sent = lab.send(packet);
        expect(sent.verdict).toBe('tx');
        expect(sent.packet.problems).toEqual([]);
        expect(sent.packet.eth).toMatchObject({ src: place.nodeMac, dst: place.backendMac(0) });
        expect(header(sent.packet)).toMatchObject({ src: place.node, dst: place.backend(0) });
        expect(header(sent.packet)!.protocol).toBe(family === 4 ? 4 : 41);
        expect(hops(sent.packet)).toBe(64);
        expect(header(sent.packet.inner!)).toMatchObject({ src: place.client, dst: place.loadBalancer });
        expect(hops(sent.packet.inner!)).toBe(63);
        const [behind, before] = [14 + 2 * bytes.ip, 14 + bytes.ip];
        expect(Buffer.compare(sent.bytes.subarray(behind), packet.subarray(before))).toBe(0);
      }
    });

    it('on the backend’s node the packet comes out, answers get the service address', () => {
      for (const flags of [['syn'], ['ack'], ['ack', 'fin']] as const) {
        const inner = request({ to: place.node, dport: 30080, sport: 40005, flags }).bytes();
        const frame = tunnel(place.pod, inner);
        const sent = lab.send(frame);
        expect(sent.verdict).toBe('pass');
        expect(sent.counted).toContain('sent_local_request');
        expect(sent.packet.problems).toEqual([]);
        expect(sent.packet).toMatchObject({ eth: fromPeer, tcp: { sport: 40005, dport: 8080 } });
        expect(header(sent.packet)).toMatchObject({ src: place.client, dst: place.pod });
      }
      const answer = ip(eth(), { src: place.pod, dst: place.client }).tcp({ sport: 8080, dport: 40005 });
      const left = lab.leave(answer).packet;
      expect(header(left)).toMatchObject({ src: place.node, dst: place.client });
      expect(left.tcp).toMatchObject({ sport: 30080, dport: 40005 });
    });

    it('on the backend’s node pieces of a datagram come out, the later ones behind the first', () => {
      const to = { protocol: 'UDP', to: place.node, dport: 30080, sport: 40006 } as const;
      for (const id of [1, 2]) {
        const sent = fragmentPacket(request({ ...to, payload: 'x'.repeat(3000) }), 1400, id).map((piece) =>
          lab.send(tunnel(place.pod, piece)),
        );
        expect(sent).toHaveLength(3);
        for (const { verdict, packet, counted } of sent) {
          expect(verdict).toBe('pass');
          expect(counted).toContain('sent_local_request');
          expect(packet.problems).toEqual([]);
          expect(header(packet)).toMatchObject({ src: place.client, dst: place.pod });
        }
      }
      // Without its first nobody knows where it belongs.
      const [, later] = fragmentPacket(request({ ...to, payload: 'x'.repeat(3000) }), 1400, 3);
      expect(lab.send(tunnel(place.pod, later!))).toMatchObject({ verdict: 'pass', isUntouched: true });
    });

    it.each([
      ['to nobody’s service', { to: place.stranger }, place.pod],
      ['to an address that is no backend', { to: place.node, dport: 30080 }, place.otherPod],
      ['to a backend on another node', {}, place.backend(0)],
    ])('a tunnel %s is passed untouched', (_, inner, outer) => {
      const frame = tunnel(outer, request(inner).bytes());
      const sent = lab.send(frame);
      expect(sent.verdict).toBe('pass');
      expect(sent.isUntouched).toBe(true);
    });
  });

  describeKernel('by option, on the node of the backend', () => {
    let lab: Lab;
    beforeAll(() => {
      // With the entry of address 0, as a NodePort of all addresses has it.
      const everywhere = { address: family === 4 ? '0.0.0.0' : '::' };
      lab = createDsrLab(
        {},
        {
          frontends: [
            ...frontends,
            service('NodePort', [podBackend], everywhere),
            service('NodePort', [podBackend], { ...everywhere, protocol: 'UDP' }),
          ],
        },
      );
    });
    afterAll(() => lab.close());
    const arrived = (protocol: 'TCP' | 'UDP', sport: number, to?: { address: string; port: number }) => {
      const ends = { src: place.client, dst: place.pod };
      const packet =
        family === 4
          ? eth(fromPeer).ipv4({ ...ends, ...(to && { options: dsrOption4(to) }) })
          : eth(fromPeer).ipv6({ ...ends, ...(to && { extensions: [dsrOption6(to)] }) });
      const ports = { sport, dport: 8080 };
      return (protocol === 'TCP' ? packet.tcp({ ...ports, flags: ['syn'] }) : packet.udp(ports)).payload(
        'hi',
      );
    };
    const answer = (protocol: 'TCP' | 'UDP', dport: number) => {
      const packet = ip(eth(), { src: place.pod, dst: place.client });
      return protocol === 'TCP' ? packet.tcp({ sport: 8080, dport }) : packet.udp({ sport: 8080, dport });
    };

    // All nodes have the same NodePorts; the addresses of others are not known here.
    const otherNode = family === 4 ? '192.0.2.200' : '2001:db8:2::200';
    it.each([
      ['TCP', 'this node', place.node, 40001],
      ['UDP', 'this node', place.node, 40001],
      ['TCP', 'another node', otherNode, 40003],
      ['UDP', 'another node', otherNode, 40003],
    ] as const)('%s to a NodePort of %s: answers get the service address', (protocol, _, address, sport) => {
      const to = { address, port: 30080 };
      const sent = lab.send(arrived(protocol, sport, to));
      expect(sent.verdict).toBe('pass');
      expect(sent.packet.problems).toEqual([]);
      // The option is gone: the packet is as long as the client sent it.
      expect(Buffer.from(sent.bytes)).toEqual(Buffer.from(arrived(protocol, sport).bytes()));
      expect(sent.counted).toContain('note_dsr_learnt');
      expect(lab.send(arrived(protocol, sport, to)).counted).not.toContain('note_dsr_learnt');
      const left = lab.leave(answer(protocol, sport));
      expect(left.counted).toEqual(['sent_local_reply']);
      expect(left.packet.problems).toEqual([]);
      expect(header(left.packet)).toMatchObject({ src: address, dst: place.client });
      expect((left.packet.tcp ?? left.packet.udp)!.sport).toBe(30080);
    });

    it('a service that this node does not know is not believed', () => {
      const sent = lab.send(arrived('TCP', 40002, { address: place.stranger, port: 80 }));
      expect(sent.isUntouched).toBe(true);
      expect(sent.counted).not.toContain('note_dsr_learnt');
      expect(lab.leave(answer('TCP', 40002)).isUntouched).toBe(true);
    });
  });

  describeKernel('and the MTU', () => {
    it('by option: what would get too long is refused, its sender told the MTU', () => {
      using lab = createDsrLab(byOption, { checksumComplete: false });
      const send = (size: number) =>
        lab.send(request({ protocol: 'UDP', sport: 40003, payload: 'x'.repeat(size - bytes.ip - 8) }));
      const most = 1500 - bytes.option;
      expect(send(most).verdict).toBe('tx');
      expect(length(send(most).packet)).toBe(1500);
      const refused = send(most + 1);
      expect(refused.counted).toEqual(['sent_icmp_error', 'drop_too_big']);
      expect(refused.verdict).toBe('tx');
      expect(refused.packet.icmp).toMatchObject(tooBig(most));
      expect(header(refused.packet)).toMatchObject({ src: place.loadBalancer, dst: place.client });
      expect(lab.send(request({ sport: 40001, payload: 'x'.repeat(1480 - bytes.ip) })).verdict).toBe('tx');
    });

    it('by tunnel: what would get too long is refused, its sender told the MTU', () => {
      using lab = createDsrLab(byTunnel, { checksumComplete: false });
      const send = (size: number) =>
        lab.send(request({ sport: 40004, payload: 'x'.repeat(size - bytes.ip - 20) }));
      const most = 1500 - bytes.ip;
      expect(length(send(most).packet)).toBe(1500);
      expect(send(most + 1).packet.icmp).toMatchObject(tooBig(most));
    });
  });

  describeKernel('hybrid and per service', () => {
    it('hybrid: TCP by DSR, UDP by SNAT', () => {
      using lab = createDsrLab({ lbx_forwarding: 2 });
      expect(header(lab.send(request({ flags: ['syn'] })).packet)!.src).toBe(place.client);
      expect(header(lab.send(request({ protocol: 'UDP' })).packet)!.src).toBe(place.node);
    });

    it('a service may ask for DSR', () => {
      using lab = createDsrLab(undefined, {
        frontends: [
          service('LoadBalancer', [backend(0)], { forwarding: 'dsr' }),
          service('ExternalIP', [backend(0)]),
        ],
      });
      expect(lab.send(request({ flags: ['syn'] })).packet.dsr).toEqual({
        address: place.loadBalancer,
        port: 80,
      });
      expect(header(lab.send(request({ flags: ['syn'], to: place.external })).packet)!.src).toBe(place.node);
    });
  });
});
