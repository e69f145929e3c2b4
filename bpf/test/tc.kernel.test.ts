import { FlowFlag, flowCatalog, type LbxFlow4, type LbxFlow4Key } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLab, families, hertz, type Lab } from './xdp-lab.ts';
import { type Addressed, packetsOf } from './xdp-packets.ts';

describe.each(families)('IPv%i', (family) => {
  const { place, request, reply, backend, podBackend, service } = packetsOf(family);
  const flowMap = flowCatalog[`lbx_flow${family}`];
  /** A packet from the pod to the client. */
  const answer = (what: Addressed = {}) =>
    reply({ from: place.pod, sport: 8080, to: place.client, dport: 40001, ...what });

  describeKernel('lbx_tc_egress', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({ family });
    });
    beforeEach(() => {
      lab.forget();
      lab.apply([]);
    });
    afterAll(() => lab.close());

    const halves = () =>
      lab.tables
        .entries<LbxFlow4Key, LbxFlow4>(flowMap)
        .sort(([a], [b]) => a.direction - b.direction)
        .map(([, flow]) => flow);

    for (const protocol of ['TCP', 'UDP'] as const) {
      it(`makes the source of ${protocol} replies the service again`, () => {
        lab.apply([service('LoadBalancer', [podBackend], { protocol })]);
        lab.send(request({ protocol, flags: ['syn'] }));
        for (const flags of [['syn', 'ack'], ['ack']] as const) {
          const left = lab.leave(answer({ protocol, flags }));
          expect(left.verdict).toBe('pass');
          expect(left.counted).toEqual(['sent_local_reply']);
          expect(left.packet.problems).toEqual([]);
          expect(left.ip).toMatchObject({ src: place.loadBalancer, dst: place.client, ttl: 64 });
          expect(left.packet.tcp ?? left.packet.udp).toMatchObject({ sport: 80, dport: 40001 });
          expect(Buffer.from(left.packet.payload).toString()).toBe('hello');
          lab.send(request({ protocol }));
        }
        const confirmed = FlowFlag.local | FlowFlag.replied | FlowFlag.confirmed;
        expect(halves().map(({ flags }) => flags)).toEqual([confirmed, confirmed]);
      });
    }

    it('keeps a UDP checksum of 0', () => {
      lab.apply([service('LoadBalancer', [podBackend], { protocol: 'UDP' })]);
      lab.send(request({ protocol: 'UDP' }));
      const bytes = answer({ protocol: 'UDP' }).bytes();
      bytes.set([0, 0], family === 4 ? 40 : 60);
      const left = lab.leave(bytes);
      expect(left.packet.udp!.checksum).toBe(0);
      expect(left.ip.src).toBe(place.loadBalancer);
      expect(left.packet.checksumsValid || family === 6).toBe(true);
    });

    it.each([
      ['the same number on another port', { sport: 8081 }],
      ['to another client', { to: place.clientAt(6) }],
      ['to another port of the client', { dport: 40002 }],
      ['from another pod', { from: place.otherPod }],
      ['of another protocol', { protocol: 'UDP' as const }],
    ])('leaves alone what the backend sends %s', (_name, what) => {
      lab.apply([service('LoadBalancer', [podBackend])]);
      lab.send(request({ flags: ['syn'] }));
      const left = lab.leave(answer(what));
      expect(left.verdict).toBe('pass');
      expect(left.isUntouched).toBe(true);
      expect(left.counted).toEqual([]);
    });

    it('closes both halves with FIN and RST', () => {
      lab.apply([service('LoadBalancer', [podBackend])]);
      lab.send(request({ flags: ['syn'] }));
      lab.leave(answer({ flags: ['syn', 'ack'] }));
      lab.send(request());
      const confirmed = FlowFlag.local | FlowFlag.replied | FlowFlag.confirmed;
      expect(halves().map(({ flags }) => flags)).toEqual([confirmed, confirmed]);
      lab.leave(answer({ flags: ['fin', 'ack'] }));
      const half = confirmed | FlowFlag.finReply;
      expect(halves().map(({ flags }) => flags)).toEqual([half, half]);
      lab.send(request({ flags: ['fin', 'ack'] }));
      const closed = half | FlowFlag.finRequest;
      expect(halves().map(({ flags }) => flags)).toEqual([closed, closed]);
    });

    it('does not translate for a flow that is over', () => {
      lab.apply([service('LoadBalancer', [podBackend])]);
      lab.send(request({ flags: ['syn'] }));
      for (const [key, flow] of lab.tables.entries<LbxFlow4Key, LbxFlow4>(flowMap)) {
        lab.tables.set(flowMap, key, {
          ...flow,
          lastSeen: (flow.lastSeen - 61 * hertz()) >>> 0,
        });
      }
      const left = lab.leave(answer());
      expect(left.counted).toEqual(['pass_reply_expired']);
      expect(left.isUntouched).toBe(true);
    });

    it.each([
      ['FIN of the client', () => void lab.send(request({ flags: ['fin', 'ack'] }))],
      ['FIN of the backend', () => void lab.leave(answer({ flags: ['fin', 'ack'] }))],
      ['RST', () => void lab.send(request({ flags: ['rst'] }))],
    ])(
      'after %s leaves a connection alone that the client makes to the backend itself, from the same port',
      (_name, end) => {
        lab.apply([service('LoadBalancer', [podBackend])]);
        lab.send(request({ flags: ['syn'] }));
        expect(lab.leave(answer({ flags: ['syn', 'ack'] })).ip.src).toBe(place.loadBalancer);
        lab.send(request());
        end();
        expect(lab.leave(answer()).ip.src).toBe(place.loadBalancer);
        for (const flags of [['syn', 'ack'], ['ack']] as const) {
          const left = lab.leave(answer({ flags }));
          expect(left.isUntouched).toBe(true);
          expect(left.counted).toEqual(['pass_reply_expired']);
        }
        // And by the service again.
        lab.send(request({ flags: ['syn'] }));
        expect(lab.leave(answer({ flags: ['syn', 'ack'] })).ip.src).toBe(place.loadBalancer);
      },
    );

    it('heals: a lost reply half is made again with the next look at the request half', () => {
      lab.apply([service('LoadBalancer', [podBackend])]);
      lab.send(request({ flags: ['syn'] }));
      const [key, flow] = lab.tables
        .entries<LbxFlow4Key, LbxFlow4>(flowMap)
        .find(([{ direction }]) => direction === 0)!;
      lab.tables.clear(flowMap);
      lab.tables.set(flowMap, key, { ...flow, lastSeen: (flow.lastSeen - hertz()) >>> 0 });
      expect(lab.leave(answer()).isUntouched).toBe(true);
      expect(lab.send(request()).counted).toContain('note_healed_flow');
      expect(lab.leave(answer()).ip.src).toBe(place.loadBalancer);
    });

    it('has nothing to do with replies of remote backends, nor with the node', () => {
      lab.apply([service('LoadBalancer', [backend(0)])]);
      const sent = lab.send(request({ flags: ['syn'] }));
      const left = lab.leave(sent.bytes);
      expect(left.isUntouched).toBe(true);
      expect(left.counted).toEqual([]);
    });
  });
});
