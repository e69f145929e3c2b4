import type { RemovalItem } from '@lbx/core';
import { expect, it } from 'vitest';
import { summaryRows } from './summary-rows.ts';

const item = (kind: RemovalItem['kind'], name: string, attached?: boolean): RemovalItem => ({
  kind,
  name,
  id: 1,
  ...(attached === undefined ? {} : { attached }),
});

it('devices with the same hooks are one row; underscores belong to devices', () => {
  expect(
    summaryRows([
      item('link', 'xdp_eth0', true),
      item('link', 'tc_ingress_eth0', true),
      item('link', 'tc_ingress_my_dev', true),
      item('filter', 'tc_ingress_eth1'),
      item('link', 'cgroup_connect4', true),
      item('link', 'cgroup_sendmsg4', false),
      item('map', 'lb4_services_v2'),
      item('map', 'lb4_backends_v3'),
      item('program', '17'),
    ]),
  ).toEqual([
    ['tc ingress, xdp', 'eth0'],
    ['tc ingress', 'my_dev, eth1'],
    ['sockets', 'connect4, sendmsg4 (gone)'],
    ['maps', '2'],
    ['pinned programs', '1'],
  ]);
});

it('names some pods of many', () => {
  const pods = Array.from({ length: 200 }, (_, i) => item('link', `tc_from_pod_veth${i}`, true));
  expect(summaryRows(pods)).toEqual([
    ['tc from pod', 'veth0, veth1, veth2, veth3, veth4, veth5, veth6, veth7 and 192 more'],
    ['maps', '0'],
  ]);
});
