import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from './project.ts';
import type { Projection } from './projection.ts';

const backends = (...numbers: readonly number[]): Backend[] =>
  numbers.map((n) => ({ address: `192.0.2.${n}`, port: 8080, protocol: 'TCP' }));
const frontend = (port: number, more: Partial<Frontend> = {}): Frontend => ({
  service: `s${port}`,
  address: '198.51.100.1',
  port,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: backends(1, 2),
  ...more,
});
const refusals = ({ refused }: Projection) => refused.map(({ name, error }) => `${name} ${error.code}`);

describe('project', () => {
  it('refuses what cannot be written and projects the rest', () => {
    const six: Backend[] = [{ address: '2001:db8::1', port: 1, protocol: 'TCP' }];
    const projection = project(
      [
        frontend(80),
        frontend(80, { service: 'other' }),
        frontend(81, { backends: six }),
        frontend(82, { affinitySeconds: 2 ** 24 }),
        frontend(83, { address: 'nonsense' }),
        frontend(84, { backends: [{ ...backends(1)[0]!, protocol: 'UDP' }] }),
        frontend(85, { type: 'Elsewhere' as never }),
        frontend(86, { backends: [{ ...backends(1)[0]!, state: 'unwell' as never }] }),
        frontend(30000, { address: '203.0.113.1' }),
        frontend(90),
      ],
      { nodeAddresses: ['203.0.113.1'] },
      createIds(),
    );
    expect(refusals(projection)).toEqual([
      '198.51.100.1:80/TCP LBX_FRONTEND_CONFLICT',
      '198.51.100.1:81/TCP LBX_SERVICE_FAMILY',
      '198.51.100.1:82/TCP LBX_SERVICE_AFFINITY',
      'nonsense:83/TCP LBX_SERVICE_ADDRESS',
      '198.51.100.1:84/TCP LBX_SERVICE_FIELD',
      '198.51.100.1:85/TCP LBX_SERVICE_FIELD',
      '198.51.100.1:86/TCP LBX_SERVICE_FIELD',
      '203.0.113.1:30000/TCP LBX_FRONTEND_CONFLICT',
    ]);
    expect([...projection.frontends.keys()]).toEqual(['198.51.100.1:80/TCP', '198.51.100.1:90/TCP']);
    expect(projection.refused[0]!.error.message).toBe(
      'service other: frontend: "198.51.100.1:80/TCP" is a frontend of service s80 already',
    );
  });

  it('names every place of a refused NodePort', () => {
    const nodePort = frontend(30080, { address: '0.0.0.0', type: 'NodePort', affinitySeconds: -1 });
    const { refused } = project([nodePort], { nodeAddresses: ['203.0.113.1'] }, createIds());
    expect(refused[0]!.names).toEqual(['0.0.0.0:30080/TCP', '203.0.113.1:30080/TCP']);
  });

  it('lets a frontend on a node address go before the NodePort of the same port', () => {
    const nodePort = frontend(8080, { address: '0.0.0.0', type: 'NodePort' });
    const own = frontend(8080, { address: '203.0.113.1', backends: backends(7) });
    const options = { nodeAddresses: ['203.0.113.1'] };
    for (const order of [
      [nodePort, own],
      [own, nodePort],
    ]) {
      const projection = project(order, options, createIds());
      expect(projection.refused).toEqual([]);
      expect(projection.frontends.get('203.0.113.1:8080/TCP')!.frontend).toBe(own);
    }
  });

  it('refuses frontends whose entries have no room, whole, with map, size and option', () => {
    const frontends = [frontend(80), frontend(81), frontend(82, { backends: backends(1) })];
    const projection = project(
      frontends,
      { wildcards: false, maxEntries: { lb4_services_v2: 5 } },
      createIds(),
    );
    expect(refusals(projection)).toEqual(['198.51.100.1:81/TCP LBX_MAP_FULL']);
    expect(projection.refused[0]!.error).toMatchObject({
      map: 'lb4_services_v2',
      maxEntries: 5,
      needed: 6,
      option: 'maxEntries.lb4_services_v2',
    });
  });

  it('has a count of 16 bits: it takes as many backends as that can tell, and refuses one more, whole', () => {
    const many = Array.from({ length: 65_536 }, (_, i) => ({
      address: `192.0.2.${1 + (i % 250)}`,
      port: 1 + Math.floor(i / 250),
      protocol: 'TCP' as const,
    }));
    const options = { nodeAddresses: [] };
    const most = project([frontend(80, { backends: many.slice(1) })], options, createIds());
    expect(refusals(most)).toEqual([]);
    expect(most.frontends.get('198.51.100.1:80/TCP')?.master.value).toMatchObject({
      count: 65_535,
      qcount: 0,
    });
    const more = project([frontend(80, { backends: many })], options, createIds());
    expect(refusals(more)).toHaveLength(1);
    expect(more.backends.size).toBe(0);
    expect(more.refused[0]?.error.message).toContain('at most 65535');
  });

  it('has room for what comes after a service that gives way to it', () => {
    const nodeAddresses = ['203.0.113.1', '203.0.113.2'];
    const all = [
      frontend(8000, { service: 'host', address: '0.0.0.0', type: 'HostPort' }),
      frontend(8000, { service: 'own', address: '203.0.113.1' }),
    ];
    const options = { nodeAddresses, wildcards: false };
    const needed = project(all, options, createIds()).entries;
    const services = [...needed.values()].filter(({ map }) => map === 'lb4_services_v2');
    const tight = project(all, { ...options, maxEntries: { lb4_services_v2: services.length } }, createIds());
    expect(refusals(tight)).toEqual([]);
    expect([...tight.frontends.keys()].sort()).toEqual(
      ['0.0.0.0', ...nodeAddresses].map((address) => `${address}:8000/TCP`),
    );
  });

  it('refuses what ids run out for, and frees ids of what is gone after the quarantine', () => {
    const clock = { now: 0 };
    const ids = createIds({ maxFrontendId: 2, quarantineSeconds: 60, now: () => clock.now });
    const [a, b, c] = [frontend(80), frontend(81), frontend(82)];
    expect(refusals(project([a, b, c], {}, ids))).toEqual(['198.51.100.1:82/TCP LBX_IDS_EXHAUSTED']);
    expect(refusals(project([b, c], {}, ids))).toEqual(['198.51.100.1:82/TCP LBX_IDS_EXHAUSTED']);
    clock.now = 60_000;
    expect(project([b, c], {}, ids).frontends.get('198.51.100.1:82/TCP')!.revNatId).toBe(1);
    // `a` comes back as the same object while another has its id.
    expect(refusals(project([a, b, c], {}, ids))).toEqual(['198.51.100.1:80/TCP LBX_IDS_EXHAUSTED']);
    project([b], {}, ids);
    clock.now = 120_000;
    expect(project([a, b], {}, ids).frontends.get('198.51.100.1:80/TCP')!.revNatId).toBe(1);
  });

  it('takes the last report of a backend that services disagree about', () => {
    const terminating = backends(1).map((one) => ({ ...one, state: 'terminating' as const }));
    const ids = createIds();
    const [a, b] = [frontend(80, { backends: backends(1) }), frontend(81, { backends: terminating })];
    expect(project([a, b], {}, ids).backends.get(1)!.value).toMatchObject({ state: 1 });
    expect(project([b, a], {}, ids).backends.get(1)!.value).toMatchObject({ state: 0 });
  });
});
