import { describeKernel, dsrOption4, eth } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, hooks, type Lab, type LabOptions, place } from './xdp-lab.ts';
import { backend, podBackend, request, service } from './xdp-packets.ts';

const frontends = [
  service('LoadBalancer', [backend(0)]),
  service('LoadBalancer', [backend(0)], { protocol: 'UDP' }),
  service('NodePort', [podBackend]),
  service('NodePort', [podBackend], { protocol: 'UDP' }),
];
const byOption = { lbx_forwarding: 1 };
const byTunnel = { lbx_forwarding: 1, lbx_dsr_by: 1 };
const fromPeer = { src: place.backendMac(1), dst: place.nodeMac };

describe.each(hooks)('DSR at %s', (hook) => {
  const createDsrLab = (variables: LabOptions['variables'], more: LabOptions = {}) =>
    createLab({ hook, frontends, ...more, ...(variables && { variables }) });

  describeKernel('by option', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createDsrLab(byOption);
    });
    afterAll(() => lab.close());
    const there = {
      eth: { src: place.nodeMac, dst: place.backendMac(0) },
      ipv4: { src: place.client, dst: place.backend(0), ttl: 63 },
    };

    it('a SYN goes to the backend with its client as source, and tells the service', () => {
      const sent = lab.send(request({ flags: ['syn'], sport: 40001 }));
      expect(sent.counted).toEqual(['sent_request', 'note_new_flow']);
      expect(sent.verdict).toBe('tx');
      expect(sent.packet.problems).toEqual([]);
      expect(sent.packet).toMatchObject(there);
      expect(sent.packet.tcp).toMatchObject({ sport: 40001, dport: 8080 });
      expect(Buffer.from(sent.bytes.subarray(34, 42)).toString('hex')).toBe('9a085000016433c6');
      expect(sent.packet.dsr).toEqual({ address: place.loadBalancer, port: 80 });
      expect(Buffer.from(sent.packet.payload).toString()).toBe('hello');
    });

    it('what follows in the connection is only rewritten', () => {
      const sent = lab.send(request({ sport: 40001 }));
      expect(sent.counted).toEqual(['sent_request']);
      expect(sent.packet.problems).toEqual([]);
      expect(sent.packet).toMatchObject(there);
      expect(sent.packet.dsr).toBeUndefined();
      expect(lab.send(request({ sport: 40001 })).counted).toEqual(['sent_request']);
    });

    it('every UDP packet tells the service', () => {
      for (let n = 0; n < 3; n++) {
        const sent = lab.send(request({ protocol: 'UDP', sport: 40002 }));
        expect(sent.counted).toContain('sent_request');
        expect(sent.packet.problems).toEqual([]);
        expect(sent.packet).toMatchObject(there);
        expect(sent.packet.udp).toMatchObject({ sport: 40002, dport: 8080 });
        expect(sent.packet.dsr).toEqual({ address: place.loadBalancer, port: 80 });
      }
    });

    it('a removed backend: UDP moves to another at once', () => {
      lab.apply([service('LoadBalancer', [backend(2)], { protocol: 'UDP' })]);
      const sent = lab.send(request({ protocol: 'UDP', sport: 40002 }));
      expect(sent.packet.ipv4!.dst).toBe(place.backend(2));
      lab.apply(frontends);
    });
  });

  describeKernel('by tunnel', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createDsrLab(byTunnel);
    });
    afterAll(() => lab.close());

    it.each(['TCP', 'UDP'] as const)('every %s packet goes inside another one', (protocol) => {
      for (const flags of [['syn'], ['ack'], ['ack']] as const) {
        const packet = request({ protocol, flags, sport: 40001 }).bytes();
        const sent = lab.send(packet);
        expect(sent.verdict).toBe('tx');
        expect(sent.packet.problems).toEqual([]);
        expect(sent.packet).toMatchObject({
          eth: { src: place.nodeMac, dst: place.backendMac(0) },
          ipv4: { src: place.node, dst: place.backend(0), ttl: 64, protocol: 4 },
          inner: { ipv4: { src: place.client, dst: place.loadBalancer, ttl: 63 } },
        });
        expect(Buffer.compare(sent.bytes.subarray(54), packet.subarray(34))).toBe(0);
      }
    });

    it('on the backend’s node the packet comes out, answers get the service address', () => {
      for (const flags of [['syn'], ['ack'], ['ack', 'fin']] as const) {
        const inner = request({ to: place.node, dport: 30080, sport: 40005, flags }).bytes();
        const frame = eth(fromPeer)
          .ipv4({ src: '192.0.2.99', dst: place.pod, protocol: 4 })
          .payload(inner.subarray(14));
        const sent = lab.send(frame);
        expect(sent.verdict).toBe('pass');
        expect(sent.counted).toContain('sent_local_request');
        expect(sent.packet.problems).toEqual([]);
        expect(sent.packet).toMatchObject({
          eth: fromPeer,
          ipv4: { src: place.client, dst: place.pod },
          tcp: { sport: 40005, dport: 8080 },
        });
      }
      const answer = eth().ipv4({ src: place.pod, dst: place.client }).tcp({ sport: 8080, dport: 40005 });
      expect(lab.leave(answer).packet).toMatchObject({
        ipv4: { src: place.node, dst: place.client },
        tcp: { sport: 30080, dport: 40005 },
      });
    });

    it.each([
      ['to nobody’s service', { to: '203.0.113.99' }, place.pod],
      ['to an address that is no backend', { to: place.node, dport: 30080 }, '198.51.100.131'],
      ['to a backend on another node', {}, place.backend(0)],
    ])('a tunnel %s is passed untouched', (_, inner, outer) => {
      const frame = eth(fromPeer)
        .ipv4({ src: '192.0.2.99', dst: outer, protocol: 4 })
        .payload(request(inner).bytes().subarray(14));
      const sent = lab.send(frame);
      expect(sent.verdict).toBe('pass');
      expect(sent.isUntouched).toBe(true);
    });
  });

  describeKernel('by option, on the node of the backend', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createDsrLab({});
    });
    afterAll(() => lab.close());
    const arrived = (protocol: 'TCP' | 'UDP', sport: number, to: { address: string; port: number }) => {
      const ip = eth(fromPeer).ipv4({ src: place.client, dst: place.pod, options: dsrOption4(to) });
      const ports = { sport, dport: 8080 };
      return (protocol === 'TCP' ? ip.tcp({ ...ports, flags: ['syn'] }) : ip.udp(ports)).payload('hi');
    };
    const answer = (protocol: 'TCP' | 'UDP', dport: number) => {
      const ip = eth().ipv4({ src: place.pod, dst: place.client });
      return protocol === 'TCP' ? ip.tcp({ sport: 8080, dport }) : ip.udp({ sport: 8080, dport });
    };

    it.each(['TCP', 'UDP'] as const)('%s: answers get the service address', (protocol) => {
      const to = { address: place.node, port: 30080 };
      const sent = lab.send(arrived(protocol, 40001, to));
      expect(sent.verdict).toBe('pass');
      expect(sent.isUntouched).toBe(true);
      expect(sent.counted).toContain('note_dsr_learnt');
      expect(lab.send(arrived(protocol, 40001, to)).counted).not.toContain('note_dsr_learnt');
      const left = lab.leave(answer(protocol, 40001));
      expect(left.counted).toEqual(['sent_local_reply']);
      expect(left.packet.problems).toEqual([]);
      expect(left.packet.ipv4).toMatchObject({ src: place.node, dst: place.client });
      expect((left.packet.tcp ?? left.packet.udp)!.sport).toBe(30080);
    });

    it('a service that this node does not know is not believed', () => {
      const sent = lab.send(arrived('TCP', 40002, { address: '203.0.113.99', port: 80 }));
      expect(sent.counted).not.toContain('note_dsr_learnt');
      expect(lab.leave(answer('TCP', 40002)).isUntouched).toBe(true);
    });
  });

  describeKernel('and the MTU', () => {
    it('by option: what would get too long is refused, its sender told the MTU', () => {
      using lab = createDsrLab(byOption, { checksumComplete: false });
      const bytes = (length: number) =>
        request({ protocol: 'UDP', sport: 40003, payload: 'x'.repeat(length - 28) });
      expect(lab.send(bytes(1492)).verdict).toBe('tx');
      expect(lab.send(bytes(1492)).packet.ipv4!.totalLength).toBe(1500);
      const refused = lab.send(bytes(1493));
      expect(refused.counted).toEqual(['sent_icmp_error', 'drop_too_big']);
      expect(refused.verdict).toBe('tx');
      expect(refused.packet).toMatchObject({
        ipv4: { src: place.loadBalancer, dst: place.client },
        icmp: { type: 3, code: 4, mtu: 1492 },
      });
      expect(lab.send(request({ sport: 40001, payload: 'x'.repeat(1460) })).verdict).toBe('tx');
    });

    it('by tunnel: what would get too long is refused, its sender told the MTU', () => {
      using lab = createDsrLab(byTunnel, { checksumComplete: false });
      const bytes = (length: number) => request({ sport: 40004, payload: 'x'.repeat(length - 40) });
      expect(lab.send(bytes(1480)).packet.ipv4!.totalLength).toBe(1500);
      expect(lab.send(bytes(1481)).packet.icmp).toMatchObject({ type: 3, code: 4, mtu: 1480 });
    });
  });

  describeKernel('hybrid and per service', () => {
    it('hybrid: TCP by DSR, UDP by SNAT', () => {
      using lab = createDsrLab({ lbx_forwarding: 2 });
      expect(lab.send(request({ flags: ['syn'] })).packet.ipv4!.src).toBe(place.client);
      expect(lab.send(request({ protocol: 'UDP' })).packet.ipv4!.src).toBe(place.node);
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
      expect(lab.send(request({ flags: ['syn'], to: place.external })).packet.ipv4!.src).toBe(place.node);
    });
  });
});
