import { execFileSync } from 'node:child_process';
import { failNth, frontendsOf, nothingUnread, parseServiceSpec } from '@lbx/maps';
import '@lbx/maps/testing/vitest';
import { afterEach, expect, it, vi } from 'vitest';
import { createMemoryLoadBalancer } from './memory-load-balancer.ts';

const web = {
  name: 'default/web',
  frontends: ['198.51.100.1:80/TCP'],
  backends: ['192.0.2.10:8080', '192.0.2.11:8080'],
};
const flow = {
  from: { address: '203.0.113.5', port: 40000 },
  to: { address: '198.51.100.1', port: 80 },
  protocol: 'TCP',
} as const;

afterEach(() => void vi.useRealTimers());

it('serves what it is told, and tells of it as the one with a kernel does', () => {
  using lb = createMemoryLoadBalancer();
  expect(lb.apply([parseServiceSpec(web)])).toMatchObject({
    frontends: 1,
    failed: [],
    refused: [],
    pending: 0,
  });
  expect(lb.tables).toHoldService(web);
  expect(lb.dump()).toHoldService(web);
  expect(lb.explain(flow)).toBeForwardedTo('192.0.2.10:8080', '192.0.2.11:8080');
  expect(lb.status().frontends).toMatchObject([
    { name: '198.51.100.1:80/TCP', service: 'default/web', backends: 2, programmed: true },
  ]);
  lb.update(new Map([['default/web', []]]));
  expect(lb.dump()).toEqual([]);
});

it('takes up what an earlier one left, and prunes it after sync only', () => {
  const before = createMemoryLoadBalancer();
  before.apply([parseServiceSpec(web)]);
  before.close();
  using lb = createMemoryLoadBalancer({ tables: before.tables });
  const other = parseServiceSpec({ ...web, name: 'other', frontends: ['198.51.100.2:80/TCP'] });
  lb.update(new Map([['other', frontendsOf(other)]]));
  expect(lb.tables).toHoldService(web);
  lb.sync();
  expect(lb.tables).not.toHoldService(web);
  expect(lb.tables).toHoldService(other);
});

it('refuses before anything is written what has no room, says how much it takes, and serves the rest', () => {
  const room = 10_000;
  using lb = createMemoryLoadBalancer({
    wildcards: false,
    maxEntries: { lb4_services_v2: 2 * room, lb4_backends_v3: 100 },
  });
  const services = Array.from({ length: room + 3 }, (_, i) =>
    parseServiceSpec({
      name: `s${i}`,
      frontends: [`198.51.100.${1 + (i % 250)}:${1000 + Math.floor(i / 250)}/TCP`],
      backends: [`192.0.2.${1 + (i % 50)}:80`],
    }),
  );
  const report = lb.apply(services);
  expect(report).toMatchObject({ frontends: room, failed: [], pending: 0 });
  expect(report.refused).toHaveLength(3);
  expect(report.shortages.map(({ code, message }) => [code, message])).toEqual([
    [
      'LBX_MAP_FULL',
      `3 frontends: map lb4_services_v2 is full (${2 * room} entries, ${2 * room + 6} entries are needed); raise the option endpoints`,
    ],
  ]);
  expect([...lb.tables.lb4_services_v2.entries()]).toHaveLength(2 * room);
  const fewer = lb.apply(services.slice(3));
  expect(fewer).toMatchObject({ frontends: room, failed: [], refused: [], shortages: [] });
  expect(lb.tables).toHoldService(services.at(-1)!);
  expect(lb.tables).not.toHoldService(services[0]!);
});

it('keeps of what an earlier one left what cannot be read, and follows what can', () => {
  const named = (name: string, n: number, ...backends: string[]) =>
    parseServiceSpec({ name, frontends: [`198.51.100.${n}:80/TCP`], backends });
  const [lost, part, own] = [
    named('lost', 2, '192.0.2.20:80'),
    named('part', 3, '192.0.2.30:80', '192.0.2.31:80'),
    named('own', 4, '192.0.2.40:80'),
  ];
  const before = createMemoryLoadBalancer();
  before.apply([lost, part, own]);
  before.close();
  using lb = createMemoryLoadBalancer({ tables: before.tables });
  lb.setUnread({ unclaimed: true, services: new Set(['part']) });
  const changed = named('own', 4, '192.0.2.41:80');
  const half = named('part', 3, '192.0.2.30:80', '192.0.2.32:80');
  expect(lb.apply([half, changed])).toMatchObject({ kept: 2, pending: 0, failed: [] });
  const whole = named('part', 3, '192.0.2.30:80', '192.0.2.32:80', '192.0.2.31:80');
  for (const service of [lost, whole, changed]) expect(lb.tables).toHoldService(service);
  expect(lb.reconcile).toMatchObject({ pending: 0, failing: [] });
  lb.update(new Map([['own', []]]));
  expect(lb.tables).not.toHoldService(changed);
  // What has been given once is known: it goes when it is given no more.
  lb.update(new Map([['part', frontendsOf(named('part', 3, '192.0.2.33:80'))]]));
  expect(lb.tables).toHoldService(named('part', 3, '192.0.2.33:80', '192.0.2.31:80'));

  lb.setUnread({ unclaimed: false, services: new Set(['part']) });
  expect(lb.sync()).toMatchObject({ kept: 1 });
  expect(lb.tables).not.toHoldService(lost);
  lb.setUnread(nothingUnread);
  expect(lb.sync()).toMatchObject({ kept: 0 });
  expect(lb.tables).toHoldService(named('part', 3, '192.0.2.33:80'));
  lb.apply([]);
  expect(lb.dump()).toEqual([]);
});

it('tries again what a fault has stopped', () => {
  vi.useFakeTimers();
  const applied = vi.fn();
  using lb = createMemoryLoadBalancer({ failOn: failNth(2, 'ENOMEM'), onApplied: applied });
  expect(lb.apply([parseServiceSpec(web)]).failed).toMatchObject([
    { map: 'lb4_backends_v3', error: { code: 'LBX_MAP_WRITE' } },
  ]);
  expect(lb.tables).not.toHoldService(web);
  expect(lb.status().frontends).toMatchObject([{ programmed: false, attempts: 1 }]);
  vi.advanceTimersByTime(1000);
  expect(applied).toHaveBeenCalledOnce();
  expect(lb.tables).toHoldService(web);
  expect(lb.reconcile.pending).toBe(0);
});

it('refuses what has no room, and keeps the rest', () => {
  using lb = createMemoryLoadBalancer({ maxEntries: { lb4_backends_v3: 2 } });
  const three = {
    ...web,
    name: 'three',
    frontends: ['198.51.100.3:80/TCP'],
    backends: [...web.backends, '192.0.2.12:80'],
  };
  const report = lb.apply([parseServiceSpec(web), parseServiceSpec(three)]);
  expect(report.refused).toMatchObject([{ service: 'three', error: { code: 'LBX_MAP_FULL' } }]);
  expect(lb.tables).toHoldService(web);
});

it('puts right what somebody else changed, when it is asked to compare', async () => {
  using lb = createMemoryLoadBalancer();
  lb.apply([parseServiceSpec(web)]);
  const [[id, backend] = []] = [...lb.tables.lb4_backends_v3.entries()];
  lb.tables.lb4_backends_v3.delete(id!);
  const foreign = { address: '198.51.100.9', dport: 53, backendSlot: 0, proto: 17, scope: 0 };
  const [, master] = [...lb.tables.lb4_services_v2.entries()].find(([key]) => key.backendSlot === 0)!;
  lb.tables.lb4_services_v2.set(foreign, master);
  await lb.checkDrift();
  expect(lb.tables.lb4_backends_v3.get(id!)).toEqual(backend);
  expect(lb.tables.lb4_services_v2.get(foreign)).toBeUndefined();
  expect(lb.reconcile.drift).toMatchObject({ checks: 1, missing: 1, foreign: 1, changed: 0 });
  expect(lb.tables).toHoldService(web);
});

it('can be asked all that the one with a kernel can, until it is closed', () => {
  const lb = createMemoryLoadBalancer();
  lb.apply([parseServiceSpec(web)]);
  expect(lb.usage().maps.lb4_backends_v3).toMatchObject({ entries: 2, sets: 2 });
  expect(lb.serviceNames()).toEqual(new Map([['198.51.100.1:80/TCP', 'default/web']]));
  expect(lb.counters()).toEqual({});
  expect(() => lb.traffic()).toThrow(expect.objectContaining({ code: 'LBX_NO_TRAFFIC' }));
  expect(() => lb.events()).toThrow(expect.objectContaining({ code: 'LBX_NO_EVENTS' }));
  lb.remove();
  expect([...lb.tables.lb4_services_v2.entries()]).toEqual([]);
  expect(() => lb.apply([])).toThrow(expect.objectContaining({ code: 'LBX_CLOSED' }));
  lb.close();
});

it('needs neither root nor libbpf', () => {
  const script = `
    import { createMemoryLoadBalancer } from '@lbx/core/testing';
    process.setuid(65534);
    createMemoryLoadBalancer().apply([]);
    console.log(process.report.getReport().sharedObjects.filter((path) => path.includes('libbpf.so')).length);`;
  const args = ['--conditions=@lbx/source', '--no-warnings', '--input-type=module', '--eval', script];
  const mayChange = process.getuid?.() === 0;
  const said = execFileSync(
    process.execPath,
    args.map((arg) => (mayChange ? arg : arg.replace('process.setuid(65534);', ''))),
    { encoding: 'utf8', cwd: import.meta.dirname, env: { ...process.env, LIBBPF_PATH: '/nonexistent' } },
  );
  expect(said).toBe('0\n');
});
