import type { DatapathEvent } from '@lbx/core';
import { expect, it } from 'vitest';
import { exampleEvent } from '../../test/example-event.ts';
import { createEventCount } from './event-summary.ts';
import { summaryLine, summaryLines } from './summary-lines.ts';

const drop: DatapathEvent = { ...exampleEvent, kind: 'drop', reason: 'drop_ttl', oneIn: 10 };

it('counts by reason, and names the busiest services and clients', () => {
  const count = createEventCount();
  count.add({ ...drop, kind: 'reject', reason: 'drop_no_backend', oneIn: 1 }, 'shop/api');
  for (const host of [1, 2, 2, 3, 3, 3, 4, 4, 4, 4])
    count.add(
      { ...drop, source: { address: `203.0.113.${host}`, port: 1 } },
      host === 1 ? undefined : 'shop/web',
    );
  // Of an answer the client is where it goes.
  count.add({ ...drop, direction: 'reply', destination: { address: '203.0.113.4', port: 1 } }, undefined);
  const summary = count.summary();
  expect(summary).toMatchObject({ events: 12, packets: 111 });
  expect(summary.reasons).toMatchObject([
    {
      reason: 'drop_ttl',
      events: 11,
      packets: 110,
      services: [{ name: 'shop/web', packets: 90 }],
      clients: [
        { name: '203.0.113.4', packets: 50 },
        { name: '203.0.113.3', packets: 30 },
        { name: '203.0.113.2', packets: 20 },
      ],
    },
    { reason: 'drop_no_backend', kind: 'reject', events: 1 },
  ]);
  expect(summaryLine(summary, 2, 7)).toBe(
    '12 events in 2.0 s: 11 drop_ttl, 1 drop_no_backend (rejected); 7 lost',
  );
  const lines = summaryLines(summary, 2, 0).split('\n');
  expect(lines[0]).toBe('12 events (for 111 packets) in 2.0 s, none lost');
  expect(lines[3]).toMatch(
    /^110 +drop_ttl +shop\/web 90 +203\.0\.113\.4 50, 203\.0\.113\.3 30, 203\.0\.113\.2 20$/,
  );
});

it('a flood from everywhere takes no memory without end', () => {
  const count = createEventCount();
  for (let i = 0; i < 20_000; i++)
    count.add({ ...drop, source: { address: `2001:db8::${i.toString(16)}`, port: 1 }, oneIn: 1 }, undefined);
  expect(count.summary().packets).toBe(20_000);
  // Those that came first are named; the one after the last of them is not.
  count.add({ ...drop, source: { address: '2001:db8::1', port: 1 }, oneIn: 1 }, undefined);
  expect(count.summary().reasons[0]?.clients[0]).toEqual({ name: '2001:db8::1', packets: 2 });
});

it('nothing at all', () => {
  const summary = createEventCount().summary();
  expect(summaryLine(summary, 1, 0)).toBe('0 events in 1.0 s; none lost');
  expect(summaryLines(summary, 1, 0)).toBe('0 events in 1.0 s, none lost');
});
