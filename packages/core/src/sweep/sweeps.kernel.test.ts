import { readObject } from '@lbx/bpf';
import { FlowFlag, flowCatalog, IpProto, type LbxFlow4, type LbxRev4, type LbxRev4Bucket } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap, type BpfObject, load } from 'libbpf-ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createKernelTable } from '../tables/kernel-table.ts';
import { createBucketSweep } from './bucket-sweep.ts';
import { createFlowSweep, timeoutSeconds } from './flow-sweep.ts';
import type { Sweep } from './sweeper.ts';

const hz = 1000;
const timeouts = { tcpNew: 60, tcpOpen: 8000, tcpHalfClosed: 120, tcpClosed: 10, udpNew: 30, udpOpen: 120 };
/** Protocol, flags, and the seconds of silence that such a flow outlives. */
const lives = [
  [IpProto.TCP, 0, 60],
  [IpProto.TCP, FlowFlag.replied, 60],
  [IpProto.TCP, FlowFlag.replied | FlowFlag.confirmed, 8000],
  [IpProto.TCP, FlowFlag.confirmed | FlowFlag.finRequest, 120],
  [IpProto.TCP, FlowFlag.confirmed | FlowFlag.finReply, 120],
  [IpProto.TCP, FlowFlag.confirmed | FlowFlag.finRequest | FlowFlag.finReply, 10],
  [IpProto.TCP, FlowFlag.confirmed | FlowFlag.reset, 10],
  [IpProto.UDP, FlowFlag.replied, 30],
  [IpProto.UDP, FlowFlag.confirmed, 120],
  [IpProto.UDP, FlowFlag.reset, 10],
] as const;

/** Runs one round to its end. */
function sweep(of: Sweep) {
  let [used, freed] = [0, 0];
  const steps = of.round();
  for (let step = steps.next(); step.done !== true; step = steps.next()) {
    used += step.value.used;
    freed += step.value.freed;
  }
  return { used, freed };
}

it.each(lives)('life of protocol %i with flags %i: %i s', (proto, flags, seconds) => {
  expect(timeoutSeconds(proto, flags, timeouts)).toBe(seconds);
});

describeKernel('sweeps', () => {
  let probe: BpfObject;
  const jiffies = () => probe.program('lbx_probe_jiffies').testRun({ data: new Uint8Array(64) }).retval >>> 0;
  const ago = (seconds: number) => (jiffies() - seconds * hz) >>> 0;
  beforeAll(() => {
    probe = load(readObject('probe'));
  });
  afterAll(() => probe.close());

  describeKernel('of the reverse table', () => {
    const ports = 1500;
    let object: BpfObject;
    let map: BpfMap;
    beforeAll(() => {
      const variables = Object.fromEntries(
        Object.entries({
          lbx_hz: hz,
          lbx_tcp_new_seconds: 60,
          lbx_tcp_open_seconds: 8000,
          lbx_tcp_half_closed_seconds: 120,
          lbx_tcp_closed_seconds: 10,
          lbx_udp_new_seconds: 30,
          lbx_udp_open_seconds: 120,
        }),
      );
      object = load(readObject('sweep4'), { variables, maps: { lbx_rev4: { maxEntries: ports } } });
      map = object.map('lbx_rev4');
    });
    afterAll(() => object.close());
    beforeEach(() => {
      for (const [key] of [...map.entries()]) map.set(key, new Uint8Array(map.valueSize));
    });
    const layout = flowCatalog.lbx_rev4;
    const empty = layout.value.decode(new Uint8Array(layout.value.size), undefined as never);
    const table = () => createKernelTable(map, layout);
    /** Fills ways 0 to n - 1 of a bucket. */
    const put = (index: number, entries: readonly Partial<LbxRev4>[], more: Partial<LbxRev4Bucket> = {}) =>
      table().set({ index } as never, {
        ...empty,
        tag: empty.tag.map((_, way) => (way < entries.length ? 1000 + way : 0)),
        entry: empty.entry.map((entry, way) => ({ ...entry, ...entries[way] })),
        ...more,
      });
    const ways = (index: number) =>
      table()
        .get({ index } as never)
        ?.tag.flatMap((tag, way) => (tag === 0 ? [] : [way]));
    const round = () => sweep(createBucketSweep(object.program('lbx_sweep_rev4'), map));

    it('frees what is over, by protocol and state, and nothing else', () => {
      put(
        3,
        lives.slice(0, 8).map(([proto, flags, seconds]) => ({ proto, flags, lastSeen: ago(seconds + 2) })),
      );
      put(
        4,
        lives.slice(0, 8).map(([proto, flags, seconds]) => ({ proto, flags, lastSeen: ago(seconds - 2) })),
      );
      put(ports - 1, [
        { proto: IpProto.UDP, lastSeen: ago(5) },
        { proto: IpProto.UDP, lastSeen: ago(500) },
      ]);
      expect(round()).toEqual({ used: 9, freed: 9 });
      expect([ways(3), ways(4), ways(ports - 1)]).toEqual([[], [0, 1, 2, 3, 4, 5, 6, 7], [0]]);
      expect(table().get({ index: 3 } as never)?.version).toBe(2);
      expect(table().get({ index: 4 } as never)?.version).toBe(0);
      expect(round()).toEqual({ used: 9, freed: 0 });
    });

    it('leaves a bucket alone that is being written', () => {
      put(7, [{ proto: IpProto.UDP, lastSeen: ago(500) }], { version: 5 });
      expect(round()).toMatchObject({ freed: 0 });
      expect(ways(7)).toEqual([0]);
    });

    it('takes a packet of the jiffy after this one for young', () => {
      put(8, [{ proto: IpProto.UDP, lastSeen: (jiffies() + 200) >>> 0 }]);
      expect(round()).toEqual({ used: 1, freed: 0 });
    });
  });

  it('of flows in buckets: frees what is over, but not the secret', () => {
    const buckets = 700;
    const variables = { lbx_hz: hz, lbx_flow_buckets4: buckets };
    using object = load(readObject('sweep4'), {
      variables,
      maps: { lbx_flow_set4: { maxEntries: buckets + 1 }, lbx_rev4: { maxEntries: 1 } },
    });
    const map = object.map('lbx_flow_set4');
    const layout = flowCatalog.lbx_flow_set4;
    const table = createKernelTable(map, layout);
    const empty = layout.value.decode(new Uint8Array(layout.value.size), undefined as never);
    const put = (index: number, flows: readonly Partial<LbxFlow4>[]) =>
      table.set({ index } as never, {
        ...empty,
        tag: empty.tag.map((_, way) => (way < flows.length ? 1000 + way : 0)),
        entry: empty.entry.map((entry, way) => ({
          ...entry,
          ...flows[way],
          key: { ...entry.key, proto: IpProto.UDP },
        })),
      });
    const tags = (index: number) => table.get({ index } as never)?.tag.slice(0, 4);
    const [old, young] = [{ lastSeen: ago(35) }, { lastSeen: ago(25) }];
    put(0, [old, young, young]);
    put(699, [young, old, { ...old, flags: FlowFlag.confirmed }]);
    put(700, [old, old]);
    const round = () => sweep(createBucketSweep(object.program('lbx_sweep_flow4'), map));
    expect(round()).toEqual({ used: 4, freed: 2 });
    expect([tags(0), tags(699)]).toEqual([
      [0, 1001, 1002, 0],
      [1000, 0, 1002, 0],
    ]);
    expect(tags(700)).toEqual([1000, 1001, 0, 0]);
    expect(table.get({ index: 0 } as never)?.lock).toBe(0);
    expect(round()).toEqual({ used: 4, freed: 0 });
  });

  describeKernel('of the flow table', () => {
    const layout = flowCatalog.lbx_flow4;
    let map: BpfMap;
    beforeAll(() => {
      map = BpfMap.create({
        name: 'lbx_flow4',
        type: 'lru_hash',
        keySize: layout.key.size,
        valueSize: layout.valueSize,
        maxEntries: 16_384,
      });
    });
    afterAll(() => map.close());
    const table = () => createKernelTable(map, layout);
    const key = (n: number, proto: number): LbxFlow4['key'] => ({
      saddr: `203.0.113.${n % 250}`,
      daddr: '198.51.100.1',
      sport: 1024 + n,
      dport: 80,
      proto,
      direction: 0,
    });
    const empty = layout.value.decode(new Uint8Array(layout.valueSize), undefined as never);

    it('frees what is over, by protocol and state, and nothing else', () => {
      const n = 5000;
      for (let i = 0; i < n; i++) {
        const [proto, flags, seconds] = lives[i % lives.length] ?? [0, 0, 0];
        const lastSeen = i % 3 === 0 ? ago(seconds + 2) : i % 3 === 1 ? ago(seconds - 2) : jiffies() + 1;
        table().set(key(i, proto), { ...empty, flags, lastSeen: lastSeen >>> 0 });
      }
      const before = new Set([...table().entries()].map(([{ sport }]) => sport - 1024));
      const over = [...before].filter((i) => i % 3 === 0);
      expect(over.length).toBeGreaterThan(n / 4);
      const found = sweep(createFlowSweep(map, { hz, jiffies }, timeouts));
      expect(found).toEqual({ used: before.size - over.length, freed: over.length });
      const after = [...table().entries()].map(([{ sport }]) => sport - 1024);
      expect(after.filter((i) => i % 3 === 0)).toEqual([]);
      expect(after).toHaveLength(found.used);
    });
  });
});
