import { createIds, createMemoryTable, createProjector, type Frontend, flowCatalog } from '@lbx/maps';
import { expect, it } from 'vitest';
import { createFrontendMetaKeeper } from './frontend-meta.ts';

const frontend = (address: string, more: Partial<Frontend> = {}): Frontend => ({
  service: 'default/web',
  address,
  port: 80,
  protocol: 'TCP',
  type: 'LoadBalancer',
  backends: [],
  ...more,
});
const here = frontend('198.51.100.1', {
  backends: [{ address: '192.0.2.1', port: 80, protocol: 'TCP' }],
});
const elsewhere = frontend('198.51.100.1', { endpointsElsewhere: true });
const nowhere = frontend('198.51.100.1');
const refused = frontend('198.51.100.1', { sourceRanges: ['no range'] });

/** A keeper over memory, and what it has written for the one frontend. */
function keeperOf(marked: Iterable<number> = []) {
  const ids = createIds();
  const table = createMemoryTable(flowCatalog.lbx_frontend_meta);
  const keeper = createFrontendMetaKeeper(table as never, marked);
  const projector = createProjector({}, ids);
  let first = true;
  const flags = (id = 1) => (table.get({ revNatId: id } as never) as { flags: number }).flags;
  /** The flags when the entries are written, and after it. */
  const apply = (...frontends: Frontend[]) => {
    projector.set('default/web', frontends);
    const names = projector.takeChanges().frontends;
    keeper.mark(projector.projection, names);
    const before = flags();
    keeper.unmark(projector.projection, ids, first ? undefined : names);
    first = false;
    return [before, flags()];
  };
  return { table, flags, apply };
}

it('marks before the entries are written, and takes marks off after', () => {
  const { apply } = keeperOf();
  expect(apply(here)).toEqual([0, 0]);
  expect(apply(elsewhere)).toEqual([1, 1]);
  expect(apply(elsewhere)).toEqual([1, 1]);
  expect(apply(nowhere)).toEqual([1, 0]);
  expect(apply(elsewhere)).toEqual([1, 1]);
  expect(apply(here)).toEqual([1, 0]);
});

it('takes the mark of a frontend off that is gone, but not of one that is refused', () => {
  const { apply } = keeperOf();
  expect(apply(elsewhere)).toEqual([1, 1]);
  expect(apply(refused)).toEqual([1, 1]);
  expect(apply()).toEqual([1, 0]);
});

it('knows what an earlier process marked', () => {
  const { table, flags, apply } = keeperOf([7]);
  table.set({ revNatId: 7 } as never, { flags: 1 } as never);
  apply(here);
  expect(flags(7)).toBe(0);
});
