import { expect, it, vi } from 'vitest';
import { eventText } from '../../test/event-log.ts';
import { service } from '../../test/objects.ts';
import { ListenerQueue } from './listener-queue.ts';
import type { SourceEvent, SourceListener } from './source-event.ts';

const upsert = (name: string, n = 0): SourceEvent => ({
  type: 'upsert',
  kind: 'Service',
  object: service({ n }, { name }),
});
const gone = (name: string): SourceEvent => ({ type: 'delete', kind: 'Service', namespace: 'default', name });
const problem = (text: string): SourceEvent => ({ type: 'problem', key: 'k', error: new Error(text) });

/** A listener that finishes one event for each call of `step`. */
function steppedQueue(limit?: number) {
  const told: string[] = [];
  const finish: (() => void)[] = [];
  const listener: SourceListener = (event) => {
    const { n } = ((event as { object?: { spec: object } }).object?.spec ?? {}) as { n?: number };
    told.push(`${eventText(event)}${n === undefined ? '' : ` ${n}`}`);
    return new Promise<void>((resolve) => finish.push(resolve));
  };
  const queue = new ListenerQueue('test', listener, limit);
  const step = async () => {
    finish.shift()!();
    await new Promise(setImmediate);
  };
  return { queue, told, step };
}

it('goes straight through to a listener that keeps up', () => {
  const told: string[] = [];
  const queue = new ListenerQueue('test', (event) => void told.push(eventText(event)));
  expect([queue.push(upsert('a')), queue.push(gone('a')), queue.push({ type: 'synced' })]).toEqual(
    Array(3).fill(undefined),
  );
  expect(told).toEqual(['upsert Service default/a', 'delete Service default/a', 'synced']);
});

it('keeps only the newest of each object, in its place, and never moves synced', async () => {
  const { queue, told, step } = steppedQueue();
  queue.push(upsert('a'));
  for (const event of [upsert('b', 1), upsert('c', 1), problem('x'), { type: 'synced' } as const])
    queue.push(event);
  for (const event of [upsert('b', 2), gone('c'), problem('y'), upsert('a', 3)]) queue.push(event);
  expect(queue.pending).toBe(5);
  expect(queue.syncedAt).toBe(undefined);
  for (let i = 0; i < 6; i++) await step();
  expect(told).toEqual([
    'upsert Service default/a 0',
    'upsert Service default/b 2',
    'delete Service default/c',
    'problem: y',
    'synced',
    'upsert Service default/a 3',
  ]);
  expect(queue.syncedAt).toBeGreaterThan(0);
});

it('lets those wait who push more than the limit, until half of it is told', async () => {
  const { queue, step } = steppedQueue(4);
  const pushed = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => queue.push(upsert(name)));
  expect(pushed.map((promise) => promise === undefined)).toEqual([true, true, true, true, false, false]);
  let room = false;
  void pushed[5]!.then(() => {
    room = true;
  });
  for (const expected of [false, false, true]) {
    await step();
    expect(room).toBe(expected);
  }
});

it('tells nothing after close(), and lets go of those who wait', async () => {
  const { queue, told } = steppedQueue(1);
  queue.push(upsert('a'));
  const waiting = queue.push(upsert('b'))!;
  queue.close();
  await waiting;
  expect(queue.push(upsert('c'))).toBe(undefined);
  expect(told).toEqual(['upsert Service default/a 0']);
});

it('what a listener throws, now or later, comes back to it and stops nothing', async () => {
  const told: string[] = [];
  const queue = new ListenerQueue('test', (event) => {
    told.push(eventText(event));
    if (event.type === 'upsert') throw new Error('now');
    return event.type === 'delete' ? Promise.reject(new Error('later')) : undefined;
  });
  queue.push(upsert('a'));
  queue.push(gone('a'));
  await new Promise(setImmediate);
  queue.push({ type: 'synced' });
  expect(told).toEqual([
    'upsert Service default/a',
    'problem: The listener of test threw: now',
    'delete Service default/a',
    'problem: The listener of test threw: later',
    'synced',
  ]);
});

it('a listener that throws at that too is a warning of the process', () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  try {
    const queue = new ListenerQueue('test', () => {
      throw new Error('always');
    });
    queue.push({ type: 'synced' });
    expect(warn).toHaveBeenCalledWith(expect.objectContaining({ code: 'LBX_LISTENER' }));
  } finally {
    warn.mockRestore();
  }
});
