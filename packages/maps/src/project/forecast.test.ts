import { describe, expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import type { Backend } from '../model/backend.ts';
import type { Frontend } from '../model/frontend.ts';
import { forecast } from './forecast.ts';
import { project } from './project.ts';

const backends = (count: number): Backend[] =>
  Array.from({ length: count }, (_, i) => ({ address: `192.0.2.${i + 1}`, port: 8080, protocol: 'TCP' }));
const frontend = (port: number, set: readonly Backend[], more: Partial<Frontend> = {}): Frontend => ({
  service: `s${port}`,
  address: '198.51.100.1',
  port,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: set,
  ...more,
});
const of = ({ maps }: ReturnType<typeof forecast>, name: string) => maps.find(({ map }) => map === name)!;

describe('forecast', () => {
  it('counts the entries of each map, and ids in use and in quarantine', () => {
    const ids = createIds({ maxFrontendId: 100 });
    const set = backends(3);
    project([frontend(79, backends(4))], {}, ids);
    const wanted = project([frontend(80, set, { affinitySeconds: 9 }), frontend(81, set)], {}, ids);
    const result = forecast(wanted, { cpus: 2, ids });
    expect(result.maps.filter(({ needed }) => needed).map(({ map, needed }) => [map, needed])).toEqual([
      ['lb4_services_v2', 9], // two masters, six slots, one wildcard
      ['lb4_backends_v3', 3],
      ['lb4_reverse_nat', 2],
      ['lb_affinity_match', 3],
    ]);
    expect(result.ids).toEqual({
      frontends: { needed: 2, used: 2, quarantined: 1, max: 100 },
      backends: { needed: 3, used: 3, quarantined: 1, max: 0xffff_ffff },
    });
    expect(result.problems).toEqual([]);
    const sum = result.maps.reduce((total, { bytes }) => total + bytes, 0);
    expect(result.bytes).toBe(sum + result.maglev.bytes);
  });

  it('counts a Maglev table once for all frontends with the same backends', () => {
    const options = { algorithm: 'maglev', maglevSize: 16381, externalClusterIP: true } as const;
    const set = backends(3);
    const frontends = Array.from({ length: 50 }, (_, i) => frontend(1000 + i, set));
    const { maglev } = forecast(project([...frontends, frontend(80, backends(2))], options, createIds()), {
      cpus: 2,
    });
    expect(maglev).toEqual({ frontends: 51, tables: 2, bytes: 2 * 65_528, bytesUnshared: 51 * 65_528 });
  });

  it('names what would not fit, what is needed, and the option to raise', () => {
    const wanted = project([frontend(80, backends(9)), frontend(81, backends(3))], {}, createIds());
    const { problems } = forecast(wanted, {
      cpus: 1,
      maxEntries: { lb4_services_v2: 12, lb4_backends_v3: 9 },
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'the projection: map lb4_services_v2 is full (12 entries, 15 entries are needed); raise the option maxEntries.lb4_services_v2',
    ]);
    expect(problems[0]).toMatchObject({
      code: 'LBX_MAP_FULL',
      map: 'lb4_services_v2',
      maxEntries: 12,
      needed: 15,
    });
  });

  it('adds up what was refused for want of room, and names the option as its owner does', () => {
    const set = backends(3);
    const options = {
      maxEntries: { lb4_services_v2: 12 },
      knobs: { lb4_services_v2: 'endpoints' },
      wildcards: false,
    };
    const wanted = project(
      [80, 81, 82, 83, 84].map((port) => frontend(port, set)),
      options,
      createIds(),
    );
    expect(wanted.refused).toHaveLength(2);
    expect(forecast(wanted, { cpus: 1, ...options }).problems.map(({ message }) => message)).toEqual([
      '2 frontends: map lb4_services_v2 is full (12 entries, 20 entries are needed); raise the option endpoints',
    ]);
  });

  it('takes up what was refused for want of ids', () => {
    const ids = createIds({ maxFrontendId: 2 });
    const set = backends(1);
    const wanted = project(
      [80, 81, 82, 83].map((port) => frontend(port, set)),
      {},
      ids,
    );
    const { problems, ids: spaces } = forecast(wanted, { cpus: 1, ids });
    expect(spaces?.frontends).toEqual({ needed: 2, used: 2, quarantined: 0, max: 2 });
    expect(problems).toMatchObject([{ code: 'LBX_IDS_EXHAUSTED', space: 'frontend' }]);
  });

  it('an LRU map costs what it can hold, whatever is in it', () => {
    const none = project([], {}, createIds());
    const bytes = (size: number) =>
      of(forecast(none, { cpus: 1, maxEntries: { lb4_affinity: size } }), 'lb4_affinity').bytes;
    expect(bytes(65_536)).toBe(2 * bytes(32_768));
    expect(of(forecast(none, { cpus: 1 }), 'lb4_affinity').needed).toBeUndefined();
  });
});
