import type { RemovalItem } from '@lbx/core';

/** Devices that are named before the rest is only counted: a node may have hundreds of pods. */
const named = 8;

/** What goes, in a few rows: hooks with the devices that have them, sockets, pins. */
export function summaryRows(items: readonly RemovalItem[]): [string, string][] {
  const hooksOf = new Map<string, string[]>();
  const sockets: string[] = [];
  for (const item of items) {
    if (item.kind !== 'link' && item.kind !== 'filter') continue;
    const [, hook = '', device = ''] =
      /^(xdp|tc_(?:ingress|egress|from_pod|to_pod))_(.+)$/.exec(item.name) ?? [];
    const gone = item.attached === false ? ' (gone)' : '';
    if (hook === '') sockets.push(`${item.name.replace(/^cgroup_/, '')}${gone}`);
    else
      hooksOf.set(`${device}${gone}`, [
        ...(hooksOf.get(`${device}${gone}`) ?? []),
        hook.replaceAll('_', ' '),
      ]);
  }
  const devices = new Map<string, string[]>();
  for (const [device, hooks] of hooksOf) {
    const key = hooks.sort().join(', ');
    devices.set(key, [...(devices.get(key) ?? []), device]);
  }
  const count = (kind: RemovalItem['kind']) => items.filter((item) => item.kind === kind).length;
  const rows: [string, string][] = [...devices].map(([hooks, all]) => [hooks, some(all)]);
  if (sockets.length > 0) rows.push(['sockets', sockets.join(', ')]);
  rows.push(['maps', `${count('map')}`]);
  if (count('program') > 0) rows.push(['pinned programs', `${count('program')}`]);
  return rows;
}

const some = (names: readonly string[]): string =>
  names.length <= named + 1
    ? names.join(', ')
    : `${names.slice(0, named).join(', ')} and ${names.length - named} more`;
