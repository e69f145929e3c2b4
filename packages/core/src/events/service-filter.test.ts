import { createMemoryTable, flowCatalog } from '@lbx/maps';
import { beforeEach, describe, expect, it } from 'vitest';
import { createServiceFilter, type NumberedFrontend, type ServiceWishes } from './service-filter.ts';

const frontends = [
  { revNatId: 1, address: '198.51.100.1', port: 80 },
  { revNatId: 2, address: '198.51.100.1', port: 443 },
  { revNatId: 3, address: '192.0.2.1', port: 30080 },
  { revNatId: 4, address: '2001:db8::1', port: 30080 },
  { revNatId: 5, address: '0.0.0.0', port: 30080 },
] as unknown as NumberedFrontend[];

describe('services that a listener wants', () => {
  let table: ServiceWishes;
  let wanted: string[];
  beforeEach(() => {
    table = createMemoryTable(flowCatalog.lbx_event_services) as ServiceWishes;
  });
  const filter = () =>
    createServiceFilter(
      table,
      () => wanted,
      () => frontends,
    );
  const of = (listener: number) =>
    [...table.entries()]
      .filter(([key]) => key.listener === listener)
      .map(([{ revNatIndex, address }]) => (revNatIndex === 0 ? address : `${revNatIndex}`))
      .sort();

  it.each([
    [['198.51.100.1:80/TCP'], ['1', '::', '::ffff:198.51.100.1']],
    [['198.51.100.1'], ['1', '2', '::', '::ffff:198.51.100.1']],
    [['0.0.0.0:30080/TCP'], ['3', '5', '::', '::ffff:0.0.0.0', '::ffff:192.0.2.1']],
    [['[::]:30080/UDP'], ['2001:db8::1', '4', '::']],
    [['203.0.113.9:80'], ['::', '::ffff:203.0.113.9']],
    [[], ['::']],
  ])('%j', (names, expected) => {
    wanted = names;
    filter().write(3, 7n);
    expect(of(3)).toEqual(expected);
    expect(table.get({ listener: 3, revNatIndex: 0, address: '::' } as never)).toEqual({ until: 7n });
  });

  it('follow what is wanted, leave those of others alone, and go', () => {
    const [mine, other] = [filter(), filter()];
    wanted = ['198.51.100.1:80/TCP'];
    mine.write(0, 1n);
    other.write(1, 1n);
    wanted = ['198.51.100.1:443/TCP'];
    mine.write(0, 2n);
    expect(of(0)).toEqual(['2', '::', '::ffff:198.51.100.1']);
    mine.clear(0);
    expect(of(0)).toEqual([]);
    expect(of(1)).toEqual(['1', '::', '::ffff:198.51.100.1']);
  });

  it('are all of them where the map has no room', () => {
    table = createMemoryTable(flowCatalog.lbx_event_services, { maxEntries: 2 }) as ServiceWishes;
    wanted = ['198.51.100.1:80/TCP'];
    filter().write(0, 1n);
    expect(of(0)).toEqual([]);
  });
});
