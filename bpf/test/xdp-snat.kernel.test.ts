import { FlowFlag, flowCatalog, type LbxRev4Bucket, snatPrime } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLab, everywhere, hertz, type Lab, type Sent } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

describe.each(everywhere)('IPv$family at $hook', ({ family, hook }) => {
  const { place, request, reply, backend, service } = packetsOf(family);
  const [MIN, MAX] = [40000, 40999];
  const USABLE = snatPrime(MAX - MIN + 1);
  const portOf = (sent: Sent) => sent.packet.tcp!.sport;
  const reverseMap = flowCatalog[`lbx_rev${family}`];
  /** A client of its own for each n. */
  const client = (n: number, more = {}) =>
    request({ from: place.clientAt(n % 250), sport: 1024 + Math.floor(n / 250), flags: ['syn'], ...more });

  describeKernel('SNAT ports', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({ family, hook, snatPorts: [MIN, MAX], flows: 16384 });
    });
    beforeEach(() => {
      lab.forget();
      lab.apply([service('LoadBalancer', [backend(0)])]);
    });
    afterAll(() => lab.close());

    /** Opens flows until one is refused, or on a slow machine displaces one of more than a second ago: their ports. */
    function fill(limit: number): Set<number> {
      const ports = new Set<number>();
      for (let n = 0; n < limit; n++) {
        const sent = lab.send(client(n));
        if (sent.verdict === 'drop') {
          expect(sent.counted).toContain('drop_snat_ports_used_up');
          break;
        }
        if (sent.counted.includes('note_flow_evicted')) break;
        expect(ports.has(portOf(sent)), `port ${portOf(sent)} given twice`).toBe(false);
        ports.add(portOf(sent));
      }
      return ports;
    }

    function changeAll(change: Partial<LbxRev4Bucket['entry'][number]>): void {
      for (const [key, bucket] of lab.tables.entries<{ index: number }, LbxRev4Bucket>(reverseMap)) {
        const entry = bucket.entry.map((each, way) => (bucket.tag[way] ? { ...each, ...change } : each));
        if (bucket.tag.some((tag) => tag !== 0)) lab.tables.set(reverseMap, key, { ...bucket, entry });
      }
    }

    it('are used to 99 % and more before a flow to one backend is refused, none twice', () => {
      const ports = fill(USABLE + 10);
      expect(ports.size).toBeGreaterThanOrEqual(0.99 * (MAX - MIN + 1));
      expect([...ports].every((port) => port >= MIN && port <= MAX)).toBe(true);
    });

    it('are shared by flows to different backends', () => {
      fill(USABLE + 10);
      lab.apply([service('LoadBalancer', [backend(1)])]);
      expect(fill(USABLE + 10).size).toBeGreaterThanOrEqual(0.99 * (MAX - MIN + 1));
    });

    it('when used up: confirmed flows keep theirs, others lose them after a second', () => {
      const now = fill(USABLE + 10);
      const { lastSeen } = firstEntry();
      changeAll({ flags: FlowFlag.replied | FlowFlag.confirmed });
      expect(lab.send(client(5000)).counted).toContain('drop_snat_ports_used_up');
      changeAll({ flags: 0, lastSeen: (lastSeen - 2 * hertz()) >>> 0 });
      const sent = lab.send(client(5000));
      expect(sent.verdict).toBe('tx');
      expect(sent.counted).toContain('note_flow_evicted');
      expect(now.has(portOf(sent))).toBe(true);
    });

    it('of flows that are over are used again', () => {
      fill(USABLE + 10);
      const { lastSeen } = firstEntry();
      changeAll({ lastSeen: (lastSeen - 61 * hertz()) >>> 0 });
      const sent = lab.send(client(5000));
      expect(sent.verdict).toBe('tx');
      expect(sent.counted).not.toContain('note_flow_evicted');
    });

    it('of a port with eight flows: the ninth takes the place of one that was not confirmed', () => {
      const backends = Array.from({ length: 10 }, (_, n) => backend(n));
      const frontends = backends.map((each, n) =>
        service('LoadBalancer', [each], { port: 8000 + n, service: `s${n}` }),
      );
      lab.apply(frontends);
      // Fill every way of every port with flows to eight backends.
      for (let n = 0; n < 8; n++) {
        for (let i = 0; i < USABLE; i++) lab.send(client(i, { dport: 8000 + n }));
      }
      const ninth = lab.send(client(0, { dport: 8008 }));
      expect(ninth.verdict).toBe('tx');
      expect(ninth.counted).toContain('note_flow_evicted');
      changeAll({ flags: FlowFlag.replied | FlowFlag.confirmed });
      const tenth = lab.send(client(1, { dport: 8009 }));
      expect(tenth.verdict).toBe('tx');
      expect(tenth.counted).toContain('note_flow_evicted');
    });

    it('never lead a reply to a wrong client', () => {
      lab.apply([
        service(
          'LoadBalancer',
          [0, 1, 2, 3].map((n) => backend(n)),
        ),
      ]);
      const flows = Array.from({ length: 1200 }, (_, n) => {
        const sent = lab.send(client(n));
        return { n, backend: sent.ip.dst, port: portOf(sent) };
      });
      for (const { n, backend: from, port } of flows) {
        const back = lab.send(reply({ from, dport: port, flags: ['syn', 'ack'] }));
        expect(back.ip).toMatchObject({ src: place.loadBalancer, dst: place.clientAt(n % 250) });
        expect(back.packet.tcp!.dport).toBe(1024 + Math.floor(n / 250));
        expect(back.packet.checksumsValid).toBe(true);
      }
      // Another address or port of a backend is nobody's.
      const [first] = flows;
      expect(lab.send(reply({ from: place.unknown, dport: first!.port })).verdict).toBe('pass');
      expect(lab.send(reply({ from: first!.backend, sport: 8081, dport: first!.port })).verdict).toBe('pass');
      expect(lab.send(reply({ from: first!.backend, dport: first!.port, protocol: 'UDP' })).verdict).toBe(
        'pass',
      );
    });

    it('costs a bounded time when all are used up', () => {
      fill(USABLE + 10);
      changeAll({ flags: FlowFlag.replied | FlowFlag.confirmed });
      const before = lab.count('note_snat_scan_limited');
      const started = process.hrtime.bigint();
      for (let n = 0; n < 200; n++) lab.send(client(6000 + n));
      const jiffies = Number(process.hrtime.bigint() - started) / 1e9 / (1 / hertz());
      // Full searches: one a jiffy at most; all others were cut short.
      expect(lab.count('note_snat_scan_limited') - before).toBeGreaterThanOrEqual(200 - jiffies - 2);
    });

    function firstEntry() {
      const [, bucket] = lab.tables
        .entries<{ index: number }, LbxRev4Bucket>(reverseMap)
        .find(([, { tag }]) => tag.some((each) => each !== 0))!;
      return bucket.entry[bucket.tag.findIndex((each) => each !== 0)]!;
    }
  });
});
