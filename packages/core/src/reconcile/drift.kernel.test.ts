import { join } from 'node:path';
import { type AnyTable, frontendsOf, type ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNodeFixture, type NodeFixture } from '../../test/node-fixture.ts';
import type { LoadBalancer } from '../load-balancer.ts';
import { openPinnedTables } from '../open-pinned-tables.ts';

/** The n-th service, with everything that makes entries. */
const service = (n: number, rest: Partial<ServiceSpec> = {}): ServiceSpec => ({
  name: `s${n}`,
  frontends: [
    { address: `198.51.100.${n}`, port: 80, protocol: 'TCP', type: 'LoadBalancer' },
    { address: `2001:db8:1::${n}`, port: 80, protocol: 'TCP', type: 'ClusterIP' },
  ],
  backends: [20, 21, 22].flatMap((host) => [
    { address: `192.0.2.${host}`, port: 8000 + n, protocol: 'TCP' as const },
    { address: `2001:db8::${host}`, port: 8000 + n, protocol: 'TCP' as const },
  ]),
  affinitySeconds: 60,
  sourceRanges: ['203.0.113.0/24'],
  ...rest,
});
const services = [1, 2, 3].map((n) => service(n));
const changesOf = (...specs: ServiceSpec[]) => new Map(specs.map((one) => [one.name, frontendsOf(one)]));

describeKernel('maps that somebody else writes too', () => {
  let fixture: NodeFixture;
  let lb: LoadBalancer;
  const start = (options = {}) =>
    fixture.start({ algorithm: 'maglev', maglevSize: 251, driftSeconds: false, ...options });
  /** Somebody else, with all maps open. */
  const meddle = (act: (table: (name: string) => AnyTable) => void) => {
    using pinned = openPinnedTables({ bpffs: fixture.pins, folder: '' });
    act((name) => (pinned.tables as Readonly<Record<string, AnyTable>>)[name]!);
  };
  const raw = (name: string, act: (map: BpfMap) => void) => {
    using map = BpfMap.openPinned(join(fixture.pins, name));
    act(map);
  };
  const bytesOf = (name: string) => {
    let bytes = Buffer.alloc(0);
    raw(name, (map) => {
      bytes = Buffer.concat([...map.entries()].map(([, value]) => value));
    });
    return bytes;
  };
  /** What one comparison finds. */
  const drift = async () => {
    const counts = () => lb.status().reconcile.drift;
    const before = counts();
    await lb.checkDrift();
    const after = counts();
    expect(after).toMatchObject({
      checks: before.checks + 1,
      last: { at: expect.any(Number), milliseconds: expect.any(Number) },
    });
    const { missing, changed, foreign, derived } = after;
    return [
      missing - before.missing,
      changed - before.changed,
      foreign - before.foreign,
      derived - before.derived,
    ];
  };
  const isProgrammed = () => lb.status().frontends.every(({ programmed }) => programmed);
  beforeAll(() => {
    fixture = createNodeFixture('core-drift');
    lb = start();
    lb.apply(services);
  });
  afterAll(() => fixture[Symbol.dispose]());

  it('nothing is found where nobody was', async () => {
    expect(await drift()).toEqual([0, 0, 0, 0]);
    expect(isProgrammed()).toBe(true);
  });

  it('what was deleted, changed and added is put right, map by map, and counted', async () => {
    const before = lb.dump();
    let deleted = 0;
    meddle((table) => {
      for (const name of ['lb4_backends_v3', 'lb6_backends_v3', 'lb4_services_v2', 'lb6_services_v2']) {
        const [first, second] = [...table(name).entries()];
        table(name).delete(first?.[0]);
        table(name).set(second?.[0], {
          ...second?.[1],
          ...(name.includes('backends') ? { port: 1 } : { revNatIndex: 4000 }),
        });
        deleted++;
      }
      for (const name of ['lb4_reverse_nat', 'lb_affinity_match', 'lb4_source_range', 'lb4_maglev']) {
        const [first] = [...table(name).entries()];
        table(name).delete(first?.[0]);
        deleted++;
      }
      const [key, value] =
        [...table('lb4_services_v2').entries()].find(([one]) => one.backendSlot === 0 && one.dport === 80) ??
        [];
      table('lb4_services_v2').set({ ...key, dport: 4711 }, value);
      table('lb4_reverse_nat').set({ revNatId: 4711 }, { address: '192.0.2.9', port: 9 });
      table('lb4_backends_v3').set({ backendId: 4711 }, [...table('lb4_backends_v3').entries()][0]?.[1]);
    });
    expect(lb.dump()).not.toEqual(before);
    expect(await drift()).toEqual([deleted, 4, 3, 0]);
    expect(lb.dump()).toEqual(before);
    expect(isProgrammed()).toBe(true);
    expect(fixture.notices).toEqual(
      expect.arrayContaining([expect.stringContaining('somebody else has changed the maps')]),
    );
    expect(await drift()).toEqual([0, 0, 0, 0]);
  });

  it('all maps emptied are full again', async () => {
    const before = lb.dump();
    meddle((table) => {
      for (const name of [
        'lb4_services_v2',
        'lb6_services_v2',
        'lb4_backends_v3',
        'lb6_backends_v3',
        'lb4_maglev',
      ])
        for (const [key] of [...table(name).entries()]) table(name).delete(key);
    });
    await lb.checkDrift();
    expect(lb.dump()).toEqual(before);
  });

  it('the gate and the metadata of backends are put right', async () => {
    const [gate, meta] = [bytesOf('lbx_gate'), bytesOf('lbx_backend_meta')];
    raw('lbx_gate', (map) => {
      for (const [key] of [...map.entries()].slice(0, 8000)) map.set(key, new Uint8Array(8).fill(0x55));
    });
    raw('lbx_backend_meta', (map) => map.set(new Uint8Array(Uint32Array.of(2).buffer), new Uint8Array(8)));
    expect(await drift()).toEqual([0, 0, 0, 8001]);
    expect(bytesOf('lbx_gate')).toEqual(gate);
    expect(bytesOf('lbx_backend_meta')).toEqual(meta);
  });

  it('an id of the other family goes without touching the backend that has it', async () => {
    const meta = bytesOf('lbx_backend_meta');
    const before = lb.dump();
    meddle((table) => {
      const [own] = [...table('lb4_backends_v3').entries()];
      const [other] = [...table('lb6_backends_v3').entries()];
      table('lb6_backends_v3').set(own?.[0], other?.[1]);
    });
    expect(await drift()).toEqual([0, 0, 1, 0]);
    expect(await drift()).toEqual([0, 0, 0, 0]);
    expect(lb.dump()).toEqual(before);
    expect(bytesOf('lbx_backend_meta')).toEqual(meta);
  });

  it('writes in the middle of a comparison are no drift', async () => {
    const many = Array.from({ length: 200 }, (_, n) => service(n + 10, { sourceRanges: [] }));
    lb.update(changesOf(...many));
    const before = lb.status().reconcile.drift;
    const counts = [before.missing, before.changed, before.foreign];
    const checking = lb.checkDrift();
    for (let round = 0; round < 20; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      const changed = many
        .slice(round, round + 20)
        .map((one) => ({ ...one, backends: one.backends.slice(round % 3) }));
      lb.update(changesOf(...changed));
    }
    await checking;
    expect(await drift()).toEqual([0, 0, 0, 0]);
    const { missing, changed: other, foreign } = lb.status().reconcile.drift;
    expect([missing, other, foreign]).toEqual(counts);
    expect(isProgrammed()).toBe(true);
  });

  it('happens by itself', async () => {
    lb.close();
    lb = start({ driftSeconds: 1 });
    lb.apply(services);
    const before = lb.dump();
    meddle((table) => table('lb4_services_v2').delete([...table('lb4_services_v2').entries()][0]?.[0]));
    await expect.poll(() => lb.dump()).toEqual(before);
  });

  it('what an earlier process left stays until everything has been told', async () => {
    const all = lb.dump();
    lb.close();
    lb = start();
    lb.update(changesOf(service(1, { sourceRanges: [] })));
    await lb.checkDrift();
    const named = (n: number) => lb.dump().filter((line) => line.includes(`198.51.100.${n}`)).length;
    expect([named(2), named(3)]).toEqual(
      [2, 3].map((n) => all.filter((line) => line.includes(`198.51.100.${n}`)).length),
    );
    expect(lb.status().reconcile).toMatchObject({ synced: false, drift: { checks: 0 } });
    lb.update(changesOf(service(2)));
    const report = lb.sync();
    expect(report).toMatchObject({ failed: [], pending: 0 });
    expect(named(3)).toBe(0);
    expect(named(2)).toBe(all.filter((line) => line.includes('198.51.100.2')).length);
    await lb.checkDrift();
    expect(lb.status().reconcile.drift).toMatchObject({ checks: 1, foreign: 0 });
  });
});

describeKernel('writes that fail', () => {
  it('are tried again by themselves until they can be done; other frontends do not wait', async () => {
    using fixture = createNodeFixture('core-retry');
    const lb = fixture.start({ maxEntries: { lb4_backends_v3: 8 }, driftSeconds: false });
    const web = (n: number, hosts: number): ServiceSpec => ({
      name: `w${n}`,
      frontends: [{ address: `198.51.100.${n}`, port: 80, protocol: 'TCP', type: 'ClusterIP' }],
      backends: Array.from({ length: hosts }, (_, i) => ({
        address: `192.0.2.${10 * n + i}`,
        port: 80,
        protocol: 'TCP',
      })),
    });
    lb.apply([web(1, 2)]);
    // Somebody else takes the room that there should be.
    using map = BpfMap.openPinned(join(fixture.pins, 'lb4_backends_v3'));
    const strange = Array.from({ length: 5 }, (_, i) => new Uint8Array(Uint32Array.of(9000 + i).buffer));
    for (const key of strange) map.set(key, new Uint8Array(map.valueBytes));
    const report = lb.update(changesOf(web(2, 3), web(1, 1)));
    expect(report.pending).toBe(1);
    expect(report.failed[0]).toMatchObject({ map: 'lb4_backends_v3', error: { code: 'LBX_MAP_FULL' } });
    const state = (n: number) => lb.status().frontends.find(({ service: name }) => name === `w${n}`);
    expect(state(1)).toMatchObject({ programmed: true });
    expect(state(2)).toMatchObject({
      programmed: false,
      attempts: 1,
      error: expect.stringContaining('lb4_backends_v3 is full'),
      nextRetry: expect.any(Number),
    });
    // Others go on, and the one that fails is not tried with each of them.
    lb.update(changesOf({ ...web(1, 1), affinitySeconds: 60 }));
    expect([state(1)?.programmed, state(2)?.attempts]).toEqual([true, 1]);
    await expect.poll(() => state(2)?.attempts).toBeGreaterThan(1);
    for (const key of strange) map.delete(key);
    await expect.poll(() => state(2)).toMatchObject({ programmed: true });
    expect(state(2)).not.toHaveProperty('error');
    expect(lb.status().reconcile).toMatchObject({ pending: 0 });
  });
});
