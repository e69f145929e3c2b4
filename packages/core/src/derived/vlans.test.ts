import { createMemoryTable, flowCatalog } from '@lbx/maps';
import { expect, it } from 'vitest';
import { syncVlans } from './vlans.ts';

const device = (ifindex: number, vlan?: { parent: number; id: number }) => ({
  ifindex,
  name: `d${ifindex}`,
  mtu: 1500,
  isUp: true,
  isLoopback: false,
  ...(vlan && { kind: 'vlan', vlan }),
});

it('the table of VLANs follows the devices', () => {
  const table = createMemoryTable(flowCatalog.lbx_vlans);
  const entries = () => [...table.entries()].map(([{ ifindex, vlan }, to]) => [ifindex, vlan, to.ifindex]);
  const first = [device(2), device(5, { parent: 2, id: 10 }), device(6, { parent: 2, id: 11 })];
  expect(syncVlans(table, first)).toBe(2);
  expect(entries()).toEqual([
    [2, 10, 5],
    [2, 11, 6],
  ]);
  expect(syncVlans(table, first)).toBe(0);
  // 11 goes, 10 is another device than before, and 12 comes.
  const then = [device(2), device(7, { parent: 2, id: 10 }), device(8, { parent: 2, id: 12 })];
  expect(syncVlans(table, then)).toBe(3);
  expect(entries().sort()).toEqual([
    [2, 10, 7],
    [2, 12, 8],
  ]);
  expect(syncVlans(table, [])).toBe(2);
  expect(entries()).toEqual([]);
});
