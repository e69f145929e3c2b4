import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../codec/bytes.ts';
import { generationAdded, generationRemoved } from './backend-meta.ts';
import { flowCatalog } from './flow-catalog.ts';
import { FlowFlag, LbxFlow4, LbxFlow4Key } from './flow4.ts';
import { createGate, GATE_BACKEND, gateHash, gateHash4, gateHash6 } from './gate.ts';
import { REASON_COUNT, reasonOf, reasons } from './reasons.ts';
import { LbxRev4, LbxRev4Bucket } from './rev4.ts';
import { LbxRoute } from './route.ts';
import { snatPrime } from './snat-prime.ts';

const key: LbxFlow4Key = {
  saddr: '203.0.113.5',
  daddr: '198.51.100.1',
  sport: 40000,
  dport: 80,
  proto: 6,
  direction: 0,
};

const flow: LbxFlow4 = {
  saddr: '192.0.2.1',
  daddr: '192.0.2.10',
  sport: 50000,
  dport: 8080,
  l3Delta: 1,
  l4Delta: 2,
  backendId: 7,
  generation: 3,
  routeStamp: 4,
  route: 9,
  revNatIndex: 1,
  lastSeen: 1000,
  checked: 1000,
  flags: FlowFlag.replied,
  way: 1,
  key,
};

describe('layouts of the datapath', () => {
  it.each([
    ['lbx_gate', 4, 8],
    ['lbx_backend_meta', 4, 8],
    ['lbx_frontend_meta', 4, 4],
    ['lbx_flow4', 16, 64],
    ['lbx_flow6', 40, 104],
    ['lbx_rev4', 4, 576],
    ['lbx_rev6', 4, 832],
    ['lbx_routes', 4, 64],
    ['lbx_backend_hops', 4, 32],
    ['lbx_sock_origin', 4, 40],
    ['lbx_vlans', 8, 4],
    ['lbx_pod_devices', 4, 4],
    ['lbx_counters', 4, 16],
  ] as const)('%s: key %i, value %i bytes', (name, keySize, valueSize) => {
    expect(flowCatalog[name].key.size).toBe(keySize);
    expect(flowCatalog[name].valueSize).toBe(valueSize);
  });

  it('puts a flow key in network order', () => {
    expect(toHex(LbxFlow4Key.encode(key))).toBe('cb007105c63364019c40005006000000');
  });

  it('reads what it wrote', () => {
    expect(LbxFlow4.decode(LbxFlow4.encode(flow))).toEqual(flow);
    expect(LbxFlow4.text.parse(LbxFlow4.text.format(flow))).toEqual(flow);
    const bucket = LbxRev4Bucket.decode(new Uint8Array(LbxRev4Bucket.size));
    const used = { ...bucket, tag: bucket.tag.map((_, i) => i), version: 4 };
    expect(LbxRev4Bucket.decode(LbxRev4Bucket.encode(used))).toEqual(used);
    expect(LbxRev4.size).toBe(64);
    const route = {
      dmac: '02:00:00:00:00:02',
      smac: '02:00:00:00:00:01',
      stamp: 2,
      nextHop: '::ffff:192.0.2.10',
      ifindex: 4,
      updated: 5,
      mtu: 1500,
    };
    expect(LbxRoute.decode(LbxRoute.encode(route))).toEqual(route);
  });

  it('refuses a bucket with the wrong number of ways', () => {
    const bucket = LbxRev4Bucket.decode(new Uint8Array(LbxRev4Bucket.size));
    expect(() => LbxRev4Bucket.encode({ ...bucket, tag: [1] })).toThrow('expected 8 elements, got 1');
  });
});

describe('gate', () => {
  it('sets a bit with its first endpoint and clears it with its last', () => {
    const gate = createGate(1); // 64 bits: endpoints share them
    const endpoints = Array.from({ length: 200 }, (_, i) => ['198.51.100.1', 1000 + i, 6] as const);
    const written = endpoints.map((endpoint) => gate.add(...endpoint)).filter((word) => word !== undefined);
    expect(written.length).toBe(gate.bitsSet);
    expect(gate.bitsSet).toBeGreaterThan(50);
    for (const [address, port, kind] of endpoints) {
      const bit = gateHash4(address, port, kind) & gate.mask;
      expect((gate.word(0) >> BigInt(bit)) & 1n).toBe(1n);
    }
    for (const endpoint of endpoints) gate.remove(...endpoint);
    expect(gate.word(0)).toBe(0n);
    expect(gate.bitsSet).toBe(0);
    expect(gate.remove('192.0.2.1', 1, 6)).toBeUndefined();
  });

  it('spreads neighbouring addresses and ports: false positives as expected of a random hash', () => {
    const gate = createGate(1024); // 65536 bits
    for (let i = 0; i < 8192; i++) gate.add(`198.51.${100 + (i >> 8)}.${i & 255}`, 80 + (i % 4), 6);
    // n balls into m bins: m (1 - e^(-n/m)) = 7700
    expect(gate.bitsSet).toBeGreaterThan(7500);
    let hits = 0;
    for (let i = 0; i < 20000; i++) {
      const bit = gateHash4('203.0.113.7', 10000 + i, 6) & gate.mask;
      if ((gate.word(bit >>> 6) >> BigInt(bit & 63)) & 1n) hits++;
    }
    expect(hits / 20000).toBeGreaterThan(0.1);
    expect(hits / 20000).toBeLessThan(0.135);
  });

  it('tells a local backend from a frontend of the same endpoint', () => {
    expect(gateHash4('192.0.2.1', 80, 6)).not.toBe(gateHash4('192.0.2.1', 80, 6 + GATE_BACKEND));
    expect(gateHash('192.0.2.1', 80, 6)).toBe(gateHash4('192.0.2.1', 80, 6));
    expect(gateHash('2001:db8::1', 80, 6)).toBe(gateHash6('2001:db8::1', 80, 6));
    expect(gateHash6('2001:db8::1', 80, 6)).not.toBe(gateHash6('2001:db8::1:0', 80, 6));
  });

  it('refuses a size that is no power of two', () => {
    expect(() => createGate(1000)).toThrow('power of two');
  });
});

describe('SNAT ports', () => {
  it.each([
    [32768, 32749],
    [28232, 28229],
    [2, 2],
    [1, 0],
  ])('%i ports: %i are used', (ports, prime) => {
    expect(snatPrime(ports)).toBe(prime);
  });
});

describe('backend generations', () => {
  it('are odd while the backend exists, and never the same again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.array(fc.boolean(), { maxLength: 20 }),
        (start, events) => {
          const odd = new Set<number>();
          let generation = start;
          for (const isAdded of events) {
            generation = isAdded ? generationAdded(generation) : generationRemoved(generation);
            expect(generation % 2).toBe(isAdded ? 1 : 0);
            expect(generation).toBeLessThanOrEqual(0xffff_ffff);
            if (isAdded) {
              expect(odd.has(generation)).toBe(false);
              odd.add(generation);
            }
          }
        },
      ),
    );
  });
});

describe('reasons', () => {
  it('have numbers of their kind, each used once', () => {
    const first = { sent: 0, note: 16, pass: 48, drop: 64 };
    const after = { sent: 16, note: 48, pass: 64, drop: REASON_COUNT };
    for (const { id, kind } of reasons) {
      expect(id).toBeGreaterThanOrEqual(first[kind]);
      expect(id).toBeLessThan(after[kind]);
    }
    expect(new Set(reasons.map(({ id }) => id)).size).toBe(reasons.length);
    expect(reasonOf(69)?.name).toBe('drop_no_backend');
    expect(reasonOf(127)).toBeUndefined();
  });
});
