import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import { createProjector, type Projector } from './projector.ts';

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
const nodePort = frontend(30080, { address: '0.0.0.0', type: 'NodePort' });
const set = (projector: Projector, ...frontends: readonly Frontend[]) => {
  for (const one of frontends) projector.set(one.service, [one]);
};
const table = ({ projection }: Projector, name: string) =>
  projection.frontends.get(name)!.others.find(({ map }) => map === 'lb4_maglev')!.value;
const taken = (projector: Projector) => {
  const { frontends, backends: ids, wildcards } = projector.takeChanges();
  return [[...frontends].sort(), [...ids].sort(), [...wildcards].sort()];
};
const refusals = ({ projection }: Projector) =>
  projection.refused.map(({ name, error }) => `${name} ${error.code}`);

describe('createProjector', () => {
  it('says what changed, and keeps the entries of all else', () => {
    const projector = createProjector({}, createIds());
    set(projector, frontend(80), frontend(81));
    expect(taken(projector)).toEqual([
      ['198.51.100.1:80/TCP', '198.51.100.1:81/TCP'],
      [1, 2],
      ['198.51.100.1'],
    ]);
    const { frontends, backends: entries } = projector.projection;
    const before = frontends.get('198.51.100.1:80/TCP');
    set(projector, frontend(81, { backends: backends(1, 3) }));
    expect(taken(projector)).toEqual([['198.51.100.1:81/TCP'], [3], []]);
    expect(frontends.get('198.51.100.1:80/TCP')).toBe(before);
    projector.set('s80', []);
    expect(taken(projector)).toEqual([['198.51.100.1:80/TCP'], [2], []]);
    expect([...entries.keys()].sort()).toEqual([1, 3]);
    projector.set('s81', []);
    expect(taken(projector)).toEqual([['198.51.100.1:81/TCP'], [1, 3], ['198.51.100.1']]);
    expect(projector.projection.entries.size).toBe(0);
    expect(projector.projection.ids.size).toBe(0);
  });

  it('says nothing of a service that is given again as it was', () => {
    const projector = createProjector({}, createIds());
    const one = frontend(80);
    projector.set('s80', [one]);
    projector.takeChanges();
    projector.set('s80', [one]);
    expect(taken(projector)).toEqual([[], [], []]);
  });

  it('follows the addresses of the node, and keeps Maglev tables', () => {
    const options = { algorithm: 'maglev', maglevSize: 251, nodeAddresses: ['203.0.113.1'] } as const;
    const projector = createProjector(options, createIds());
    set(projector, nodePort);
    projector.takeChanges();
    const before = table(projector, '203.0.113.1:30080/TCP');
    projector.setOptions({ ...options, nodeAddresses: ['203.0.113.1', '203.0.113.2'] });
    expect(projector.takeChanges().frontends).toContain('203.0.113.2:30080/TCP');
    expect(table(projector, '203.0.113.1:30080/TCP')).toBe(before);
    expect(table(projector, '203.0.113.2:30080/TCP')).toBe(before);
    projector.setOptions({ ...options, nodeAddresses: ['203.0.113.2'] });
    expect([...projector.projection.frontends.keys()]).toEqual([
      '0.0.0.0:30080/TCP',
      '203.0.113.2:30080/TCP',
    ]);
    projector.setOptions({ ...options, maglevSize: 509 });
    expect(projector.projection.frontends.size).toBe(2);
    expect(table(projector, '203.0.113.1:30080/TCP')).toHaveLength(509);
  });

  it('shares one Maglev table between all frontends with the same backends', () => {
    const options = { algorithm: 'maglev', maglevSize: 251, nodeAddresses: ['203.0.113.1'] } as const;
    const projector = createProjector(options, createIds());
    set(projector, frontend(80, { backends: backends(1, 2, 3) }));
    set(projector, frontend(81, { backends: backends(3, 2, 1) }), frontend(82));
    set(projector, { ...nodePort, backends: backends(1, 2, 3) });
    const shared = table(projector, '198.51.100.1:80/TCP');
    expect(table(projector, '198.51.100.1:81/TCP')).toBe(shared);
    expect(table(projector, '203.0.113.1:30080/TCP')).toBe(shared);
    expect(table(projector, '198.51.100.1:82/TCP')).not.toBe(shared);
    const { others } = projector.projection.frontends.get('0.0.0.0:30080/TCP')!;
    expect(others.some(({ map }) => map === 'lb4_maglev')).toBe(false);
  });

  it('gives a place to who came first, and to the next when he goes', () => {
    const projector = createProjector({}, createIds());
    projector.set('first', [frontend(80)]);
    projector.set('second', [frontend(80, { backends: backends(7) })]);
    expect(refusals(projector)).toEqual(['198.51.100.1:80/TCP LBX_FRONTEND_CONFLICT']);
    projector.takeChanges();
    projector.set('first', [frontend(80, { backends: backends(2) })]);
    expect(taken(projector)).toEqual([['198.51.100.1:80/TCP'], [1], []]);
    projector.set('first', []);
    expect(taken(projector)).toEqual([['198.51.100.1:80/TCP'], [2, 3], ['198.51.100.1']]);
    expect(refusals(projector)).toEqual([]);
    expect(projector.projection.refusedNames.size).toBe(0);
    const group = projector.projection.frontends.get('198.51.100.1:80/TCP')!;
    expect([group.revNatId, group.backends.length]).toEqual([1, 1]);
  });

  it('lets an address of its own go before a NodePort on all addresses, whoever came first', () => {
    const own = frontend(30080, { address: '203.0.113.1', type: 'HostPort', service: 'own' });
    const projector = createProjector({ nodeAddresses: ['203.0.113.1'] }, createIds());
    set(projector, nodePort, own);
    const holder = () => projector.projection.frontends.get('203.0.113.1:30080/TCP')?.frontend;
    expect([holder(), projector.projection.refused]).toEqual([own, []]);
    projector.set('own', []);
    expect(holder()).toBe(nodePort);
  });

  it('takes up what was refused as soon as there is room', () => {
    const projector = createProjector({ wildcards: false, maxEntries: { lb4_services_v2: 5 } }, createIds());
    set(projector, frontend(80), frontend(81));
    expect(refusals(projector)).toEqual(['198.51.100.1:81/TCP LBX_MAP_FULL']);
    projector.takeChanges();
    set(projector, frontend(80, { backends: backends(1) }));
    expect(taken(projector)).toEqual([['198.51.100.1:80/TCP', '198.51.100.1:81/TCP'], [2], []]);
    expect(refusals(projector)).toEqual([]);
  });

  it('counts backends that services share once, also when they come and go', () => {
    const options = { wildcards: false, maxEntries: { lb4_backends_v3: 3 } };
    const projector = createProjector(options, createIds());
    set(projector, frontend(80), frontend(81, { backends: backends(2, 3) }));
    set(projector, frontend(82, { backends: backends(3, 4) }));
    expect(refusals(projector)).toEqual(['198.51.100.1:82/TCP LBX_MAP_FULL']);
    set(projector, frontend(80, { backends: backends(2) }));
    projector.takeChanges();
    expect(refusals(projector)).toEqual([]);
    set(projector, frontend(81, { backends: backends(5) }));
    expect(refusals(projector)).toEqual(['198.51.100.1:81/TCP LBX_MAP_FULL']);
    expect([...projector.projection.frontends.keys()]).not.toContain('198.51.100.1:81/TCP');
  });

  it('lets the last service by name tell the state of a backend that services share', () => {
    const gone = backends(1).map((one) => ({ ...one, state: 'terminating' as const }));
    const frontends = [frontend(80, { backends: backends(1) }), frontend(81, { backends: gone })];
    for (const order of [frontends, [...frontends].reverse()]) {
      const projector = createProjector({}, createIds());
      set(projector, ...order);
      expect(projector.projection.backends.get(1)!.value).toMatchObject({ state: 1 });
      projector.set('s81', []);
      expect(projector.projection.backends.get(1)!.value).toMatchObject({ state: 0 });
    }
  });
});
