import { expect, it } from 'vitest';
import { createIds } from '../ids/ids.ts';
import { restoreIds } from '../ids/restore-ids.ts';
import type { Backend } from '../model/backend.ts';
import { frontendsOf } from '../model/frontends-of.ts';
import { parseServiceSpec } from '../model/parse-service-spec.ts';
import { createProjector } from '../project/projector.ts';
import { createMemoryTables } from '../tables/memory-tables.ts';
import { applyOps } from './apply-ops.ts';
import { allChanges } from './change.ts';
import { planChanges } from './plan.ts';
import { readSnapshot } from './snapshot.ts';
import { createWritten } from './written.ts';

const size = 1000;
const address = (n: number) => `192.0.2.${n % 250}:${1000 + Math.floor(n / 250)}`;
const serviceOf = (numbers: readonly number[]) =>
  frontendsOf(
    parseServiceSpec({ name: 'web', frontends: ['198.51.100.1:80/TCP'], backends: numbers.map(address) }),
  );

it('a changed backend costs the same few writes in a large service, also after a restart', () => {
  const tables = createMemoryTables();
  const start = (ids = createIds()) => {
    const written = createWritten(readSnapshot(tables));
    const projector = createProjector({}, ids, { slotsOf: (name) => written.slotsOf(name) });
    const write = (numbers: readonly number[], everything = false) => {
      projector.set('web', serviceOf(numbers));
      const taken = projector.takeChanges();
      const changes = everything ? allChanges(written, projector.projection) : taken;
      const ops = planChanges(written, projector.projection, changes);
      applyOps(tables, ops, written);
      return ops.map(({ op, map }) => `${op} ${map}`);
    };
    return { write };
  };
  const all = Array.from({ length: size }, (_, i) => i + 1);
  const first = start();
  first.write(all);

  // The smallest address: in the order of addresses it would move every other one.
  const replaced = [0, ...all.slice(1)];
  const exchange = ['set lb4_backends_v3', 'set lb4_services_v2', 'delete lb4_backends_v3'];
  expect(first.write(replaced)).toEqual(exchange);
  const fewer = replaced.filter((n) => n !== 500);
  expect(first.write(fewer).sort()).toEqual(
    ['delete lb4_backends_v3', 'delete lb4_services_v2', 'set lb4_services_v2', 'set lb4_services_v2'].sort(),
  );

  const second = start(restoreIds(readSnapshot(tables)));
  expect(second.write(fewer, true)).toEqual([]);
  expect(second.write([1, ...fewer.slice(1)])).toEqual(exchange);
});

it('backends are those of the last word, each in one slot', () => {
  const backends = (states: readonly Backend['state'][]): Backend[] =>
    states.map((state, i) => ({
      address: `192.0.2.${i + 1}`,
      port: 80,
      protocol: 'TCP',
      ...(state && { state }),
    }));
  const tables = createMemoryTables();
  const written = createWritten(readSnapshot(tables));
  const projector = createProjector({}, createIds(), { slotsOf: (name) => written.slotsOf(name) });
  const [frontend] = serviceOf([1]);
  for (const states of [
    ['active', 'active', 'active'],
    ['terminating', 'active', 'active'],
    ['terminating', 'terminating', 'active'],
    ['terminating', 'terminating', 'terminating'],
    ['active', 'terminating', 'active'],
  ] as const) {
    projector.set('web', [{ ...frontend!, backends: backends(states) }]);
    applyOps(tables, planChanges(written, projector.projection, projector.takeChanges()), written);
    const slots = written.slotsOf('198.51.100.1:80/TCP');
    expect([...slots].sort()).toEqual([1, 2, 3]);
    const active = states.filter((state) => state === 'active').length || 3;
    const counted = new Set(slots.slice(0, active));
    expect(states.every((state, i) => active === 3 || counted.has(i + 1) === (state === 'active'))).toBe(
      true,
    );
  }
});
