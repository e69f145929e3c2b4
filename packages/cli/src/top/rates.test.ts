import type { PinnedTraffic } from '@lbx/core';
import { expect, it } from 'vitest';
import { rateLines } from './rate-lines.ts';
import { ratesBetween } from './rates.ts';

const count = (packets: number) => ({ packets, bytes: 100 * packets });
const reading = (frontends: Record<string, [number, number]>, newFlows = 0): PinnedTraffic => ({
  frontends: Object.entries(frontends).map(([name, [requests, replies]]) => ({
    name,
    requests: count(requests),
    replies: count(replies),
  })),
  backends: [{ name: '192.0.2.10:8080/TCP', requests: count(newFlows), replies: count(0) }],
  counters: { note_new_flow: count(newFlows), drop_ttl: count(3), drop_wildcard: count(1) },
});
const [web, api, dns] = ['198.51.100.1:80/TCP', '198.51.100.2:80/TCP', '198.51.100.3:53/UDP'];
const before = reading({ [web]: [100, 50], [api]: [500, 0] });
const after = reading({ [web]: [120, 90], [api]: [10, 30], [dns]: [4, 0] }, 8);
const options = {
  by: 'frontend',
  sort: 'packets',
  serviceOf: (frontend: string) => (frontend === dns ? undefined : 'shop/web'),
} as const;
const names = (more: Partial<Parameters<typeof ratesBetween>[3]>) =>
  ratesBetween(before, after, 2, { ...options, ...more }).rows.map(({ name }) => name);

it('rates of each way; what is counted from nothing again has begun anew', () => {
  const { rows, newFlows, drops } = ratesBetween(before, after, 2, options);
  expect({ newFlows, drops }).toEqual({ newFlows: 4, drops: 0 });
  expect(rows).toEqual([
    {
      name: web,
      service: 'shop/web',
      in: { packets: 10, bytes: 1000 },
      out: { packets: 20, bytes: 2000 },
      packets: 30,
      bytes: 3000,
    },
    {
      name: api,
      service: 'shop/web',
      in: { packets: 5, bytes: 500 },
      out: { packets: 15, bytes: 1500 },
      packets: 20,
      bytes: 2000,
    },
    { name: dns, in: { packets: 2, bytes: 200 }, out: { packets: 0, bytes: 0 }, packets: 2, bytes: 200 },
  ]);
});

it('rows by service and by backend; what has no name is called as its frontend is', () => {
  expect(ratesBetween(before, after, 2, { ...options, by: 'service' }).rows).toMatchObject([
    { name: 'shop/web', packets: 50, in: { packets: 15 } },
    { name: dns, packets: 2 },
  ]);
  expect(names({ by: 'backend' })).toEqual(['192.0.2.10:8080/TCP']);
});

it('sorted as asked for', () => {
  expect(names({ sort: 'out' })).toEqual([web, api, dns]);
  expect(names({ sort: 'name' })).toEqual([dns, web, api]);
});

it('of more rows than there is room for, says how many', () => {
  expect(rateLines(ratesBetween(before, after, 2, options), 1)).toEqual([
    '3 busy frontends, 4.0 new flows/s, 0.0 drops/s (over 2.0 s)',
    expect.stringMatching(/^packets\/s in +out +Mbit\/s in +out +frontend +service$/),
    expect.stringMatching(/^10 +20 +0\.01 +0\.02 +198\.51\.100\.1:80\/TCP +shop\/web$/),
    'and 2 more',
  ]);
});
