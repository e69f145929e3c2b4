import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyFrontends, backend, caseOptions, frontend, projectionOf } from '../../test/diff-case.ts';
import { diffStates } from '../diff/diff-states.ts';
import { optionsIn } from '../diff/options-in.ts';
import { createIds } from '../ids/ids.ts';
import type { Frontend } from '../model/frontend.ts';
import { project } from '../project/project.ts';
import { changeBackends } from './change-backends.ts';
import { frontendsIn } from './frontends-in.ts';
import { whatIf } from './what-if.ts';

const web = frontend(80, [backend(1), backend(2), backend(3)]);
const ask = (before: readonly Frontend[], after: readonly Frontend[], options = caseOptions) =>
  whatIf({ frontends: before, options }, { frontends: after, options }, { ids: createIds(), cpus: 2 });
const change = (text: 'add' | 'remove', n: number) =>
  changeBackends([web], [{ change: text, of: 's80', address: `192.0.2.${n}`, port: 8080 }]);

describe('whatIf', () => {
  it('nothing changes: nothing moves', () => {
    expect(ask([web], [web])).toMatchObject({ frontends: [], writes: { set: 0, delete: 0 }, entries: [] });
  });

  it('random: a backend that comes takes its share, and slots shift', () => {
    const { frontends, writes, entries } = ask([web], change('add', 4));
    expect(frontends).toMatchObject([
      { service: 's80', established: { kept: 1, ended: 0 }, leastMoved: 0.25 },
    ]);
    // Slots 1 to 3 of 3 against 1 to 4 of 4: 3/12 + 2/12 + 1/12 stay.
    expect(frontends[0]!.moved).toBeCloseTo(0.5, 12);
    expect(frontends[0]!.backends.map(({ from, to }) => [from, to])).toEqual([
      [1 / 3, 0.25],
      [1 / 3, 0.25],
      [1 / 3, 0.25],
      [0, 0.25],
    ]);
    expect(writes).toEqual({ set: 3, delete: 0 }); // backend, slot, master
    expect(entries).toMatchObject([
      { map: 'lb4_services_v2', from: 5, to: 6 },
      { map: 'lb4_backends_v3', from: 3, to: 4 },
    ]);
  });

  it('Maglev: what moves is counted in the tables, and little more than must', () => {
    const options = { ...caseOptions, maglevSize: 1021, algorithm: 'maglev' } as const;
    const many = frontend(
      80,
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => backend(n)),
    );
    const [one] = ask(
      [many],
      changeBackends([many], [{ change: 'remove', of: 's80', address: '192.0.2.3', port: 8080 }]),
      options as never,
    ).frontends;
    expect(one!.chosenBy).toEqual({ from: 'maglev', to: 'maglev' });
    expect(one!.established.ended).toBeCloseTo(1 / 8, 2);
    expect(one!.moved).toBeGreaterThanOrEqual(one!.leastMoved);
    expect(one!.moved).toBeLessThan(0.25);
  });

  it('a weight moves new flows, and no established one', () => {
    const maglev = { ...web, algorithm: 'maglev' as const };
    const heavy = changeBackends(
      [maglev],
      [{ change: 'set', of: 's80', address: '192.0.2.1', port: 8080, weight: 300 }],
    );
    const [one] = ask([maglev], heavy).frontends;
    expect(one!.established).toEqual({ kept: 1, ended: 0 });
    expect(one!.backends[0]!.to).toBeGreaterThan(0.5);
    expect(one!.moved).toBeGreaterThan(0.2);
  });

  it('shares add up to one, and nothing moves less than the least', () => {
    fc.assert(
      fc.property(anyFrontends, anyFrontends, (before, after) => {
        for (const { backends, moved, leastMoved } of ask(before, after).frontends) {
          for (const side of ['from', 'to'] as const) {
            const sum = backends.reduce((all, one) => all + one[side], 0);
            expect(Math.abs(sum - Math.round(sum))).toBeLessThan(1e-9);
          }
          expect(moved).toBeGreaterThanOrEqual(leastMoved - 1e-9);
          expect(moved).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('tells what would not fit', () => {
    const { problems } = whatIf(
      { frontends: [web], options: caseOptions },
      { frontends: change('add', 4), options: caseOptions },
      { ids: createIds(), cpus: 2, maxEntries: { lb4_backends_v3: 3 } },
    );
    expect(problems).toMatchObject([{ code: 'LBX_MAP_FULL', map: 'lb4_backends_v3' }]);
  });
});

describe('changeBackends', () => {
  it.each([
    [{ change: 'add' as const, of: 'nobody', address: '192.0.2.9', port: 1 }, /there are s80/],
    [{ change: 'add' as const, of: 's80', address: '2001:db8::1', port: 1 }, /of that address family/],
    [{ change: 'remove' as const, of: 's80', address: '192.0.2.9', port: 1 }, /it has 192\.0\.2\.1:8080/],
  ])('refuses %j', (one, message) => expect(() => changeBackends([web], [one])).toThrow(message));

  it('finds a frontend by its address too', () => {
    const [one] = changeBackends(
      [web],
      [{ change: 'remove', of: '198.51.100.1:80', address: '192.0.2.1', port: 8080 }],
    );
    expect(one!.backends).toHaveLength(2);
  });
});

describe('frontendsIn', () => {
  it('gives frontends that make the same entries again, where weights are equal', () => {
    fc.assert(
      fc.property(anyFrontends, (all) => {
        const equal = all.map((one) => ({
          ...one,
          backends: one.backends
            .filter(({ state }) => state !== 'maintenance' && state !== 'terminating-not-serving')
            .map(({ weight: _, ...rest }) => rest),
        }));
        const state = projectionOf(
          ...equal,
          frontend(30080, [backend(20)], { address: '0.0.0.0', type: 'NodePort' }),
        );
        const again = project(frontendsIn(state), { ...caseOptions, ...optionsIn(state) }, createIds());
        expect(diffStates(state, again).entries).toEqual([]);
      }),
    );
  });
});
