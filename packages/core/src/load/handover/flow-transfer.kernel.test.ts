import {
  FlowFlag,
  flowCatalog,
  flowSecretElement,
  flowSet4,
  flowSetElements,
  IpProto,
  LbxFlow4,
  readFlowSet,
} from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterEach, expect, it } from 'vitest';
import { flowTransfer } from './flow-transfer.ts';
import { sourceOf } from './source.ts';

type Kind = 'lru' | 'buckets';
const { key: Key, value: Value } = flowCatalog.lbx_flow4;

/** The n-th of many flows. */
const flow = (n: number, rest: Partial<LbxFlow4> = {}): LbxFlow4 => ({
  saddr: '192.0.2.1',
  daddr: '192.0.2.20',
  sport: 10_000 + (n % 20_000),
  dport: 8080,
  l3Delta: 1,
  l4Delta: 2,
  flags: FlowFlag.confirmed,
  way: 3,
  revNatIndex: 1 as LbxFlow4['revNatIndex'],
  route: 4,
  backendId: 5 as LbxFlow4['backendId'],
  generation: 1,
  routeStamp: 6,
  lastSeen: 1000,
  checked: 7,
  key: {
    saddr: `203.0.113.${n % 250}`,
    daddr: '198.51.100.1',
    sport: 1024 + Math.floor(n / 250),
    dport: 80,
    proto: IpProto.TCP,
    direction: 0,
  },
  ...rest,
});

describeKernel('flows that move to another table', () => {
  const open: BpfMap[] = [];
  let began = 1000;
  let over = (_lastSeen: number) => false;
  const transfer = flowTransfer(flowSet4, () => ({
    began,
    isOver: (_proto, _flags, lastSeen) => over(lastSeen),
  }));
  const table = (kind: Kind, flows: number): BpfMap => {
    const { name, type, flags, valueSize } =
      kind === 'lru' ? flowCatalog.lbx_flow4 : flowCatalog.lbx_flow_set4;
    const maxEntries = kind === 'lru' ? flows : flowSetElements(flows);
    const map = BpfMap.create({ name, type, flags, valueSize, maxEntries, keySize: kind === 'lru' ? 16 : 4 });
    open.push(map);
    if (kind === 'lru') return map;
    const secret = [...crypto.getRandomValues(new BigUint64Array(7))];
    const last = new Uint8Array(Uint32Array.of(maxEntries - 1).buffer);
    map.set(last, flowSecretElement(secret, flowSet4));
    return map;
  };
  const put = (map: BpfMap, ...flows: readonly LbxFlow4[]) => {
    for (const one of flows) {
      const seed = BpfMap.create({ type: 'lru_hash', keySize: 16, valueSize: 64, maxEntries: 1024 });
      open.push(seed);
      if (map.type !== 'array') map.set(Key.encode(one.key), Value.encode(one, one.key));
      else {
        seed.set(Key.encode(one.key), Value.encode(one, one.key));
        transfer.follow?.(sourceOf(seed), map, 0);
      }
    }
  };
  const find = (map: BpfMap, { key }: LbxFlow4): LbxFlow4 | undefined => {
    if (map.type === 'array') return readFlowSet(map.mmap(), map.maxEntries, flowSet4).find(Key.encode(key));
    const bytes = map.get(Key.encode(key));
    return bytes && LbxFlow4.decode(bytes);
  };
  afterEach(() => {
    began = 1000;
    over = () => false;
    for (const map of open.splice(0)) map.close();
  });

  const ways: readonly (readonly [Kind, Kind])[] = [
    ['lru', 'lru'],
    ['lru', 'buckets'],
    ['buckets', 'lru'],
    ['buckets', 'buckets'],
  ];

  it.each(ways)('from %s to %s: all of them, and in the second pass what was new or later', (from, to) => {
    const [old, next] = [table(from, 1024), table(to, 4096)];
    put(old, flow(1), flow(2), flow(3), flow(4));
    transfer.fill(sourceOf(old), next, 0);
    for (const n of [1, 2, 3, 4]) expect(find(next, flow(n))).toEqual(flow(n));

    // Programs on the old table, and programs on the new one.
    const later = flow(1, { lastSeen: 1010 });
    const closing = flow(2, { flags: FlowFlag.confirmed | FlowFlag.finRequest });
    const again = flow(3, { lastSeen: 1020, sport: 11_111 });
    put(old, later, closing, again, flow(5));
    const laterStill = flow(4, { lastSeen: 1030, flags: FlowFlag.confirmed | FlowFlag.finReply });
    put(next, laterStill, flow(6));
    put(old, flow(4, { lastSeen: 1005, flags: FlowFlag.confirmed | FlowFlag.finRequest }));

    transfer.follow?.(sourceOf(old), next, 0);
    expect(find(next, flow(1))).toEqual(later);
    expect(find(next, flow(2))).toEqual(closing);
    expect(find(next, flow(3))).toEqual(again);
    expect(find(next, flow(4))).toEqual({
      ...laterStill,
      flags: FlowFlag.confirmed | FlowFlag.finRequest | FlowFlag.finReply,
    });
    expect(find(next, flow(5))).toEqual(flow(5));
    expect(find(next, flow(6))).toEqual(flow(6));
  });

  it.each(ways)('from %s to %s: not those that are over; times may wrap around', (from, to) => {
    began = 0xffff_ffe0;
    const [old, next] = [table(from, 1024), table(to, 1024)];
    put(old, flow(1, { lastSeen: 1 }), flow(2, { lastSeen: 0xffff_fff0 }));
    over = (lastSeen) => lastSeen === 1;
    expect(transfer.fits(sourceOf(old), { ...next, first: 0, type: next.type })).toEqual({
      used: 1,
      fits: true,
    });
    transfer.fill(sourceOf(old), next, 0);
    expect(find(next, flow(1))).toBeUndefined();
    over = () => false;
    put(old, flow(2, { lastSeen: 5, way: 7 }));
    transfer.follow?.(sourceOf(old), next, 0);
    expect(find(next, flow(2))).toMatchObject({ lastSeen: 5, way: 7 });
  });

  it('many into a table that they fill half: each finds a place', () => {
    const all = Array.from({ length: 20_000 }, (_, n) => flow(n));
    const [old, next, last] = [table('lru', 65_536), table('buckets', 20_000), table('buckets', 40_000)];
    const keys = Buffer.concat(all.map(({ key }) => Key.encode(key)));
    old.updateBatch(keys, Buffer.concat(all.map((one) => Value.encode(one, one.key))));
    expect(transfer.fits(sourceOf(old), { maxEntries: 4000, first: 0, type: 'array' })).toEqual({
      used: 20_000,
      fits: false,
    });
    transfer.fill(sourceOf(old), next, 0);
    transfer.fill(sourceOf(next), last, 0);
    for (const map of [next, last]) {
      const set = readFlowSet(map.mmap(), map.maxEntries, flowSet4);
      expect(set.used()).toBe(20_000);
      expect(all.filter(({ key }) => set.find(Key.encode(key)) === undefined)).toEqual([]);
    }
  });
});
