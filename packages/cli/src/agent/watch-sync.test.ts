import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AgentEvent } from './agent-event.ts';
import { watchSync } from './watch-sync.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => vi.useRealTimers());

it('names the sources that have not told all, when they change and once a minute, until all have', () => {
  const events: AgentEvent[] = [];
  let waitingFor = ['Services', 'Pods'];
  const part = (name: string, lastError?: Error) => ({
    synced: !waitingFor.includes(name),
    lastError,
    parts: [],
  });
  const source = {
    status: () =>
      ({
        synced: waitingFor.length === 0,
        waitingFor,
        lastError: new Error('first of all'),
        parts: [
          part('Services'),
          part('Pods', new Error('403: pods is forbidden')),
          part('Nodes', new Error('no')),
        ],
      }) as never,
  };
  const errors = ['403: pods is forbidden'];
  watchSync(source, (event) => events.push(event));
  vi.advanceTimersByTime(4999);
  expect(events).toEqual([]);
  vi.advanceTimersByTime(10_001);
  expect(events.splice(0)).toEqual([{ event: 'waiting', sources: ['Services', 'Pods'], seconds: 5, errors }]);
  waitingFor = ['Pods'];
  vi.advanceTimersByTime(5000);
  expect(events.splice(0)).toEqual([{ event: 'waiting', sources: ['Pods'], seconds: 20, errors }]);
  vi.advanceTimersByTime(60_000);
  expect(events.splice(0)).toEqual([{ event: 'waiting', sources: ['Pods'], seconds: 80, errors }]);
  waitingFor = [];
  vi.advanceTimersByTime(120_000);
  expect(events).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
