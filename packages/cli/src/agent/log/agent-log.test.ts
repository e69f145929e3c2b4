import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AgentEvent } from '../agent-event.ts';
import { createAgentLog } from './agent-log.ts';
import type { LogLevel } from './log-level.ts';

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

const applied = (writes: number): AgentEvent => ({
  event: 'applied',
  frontends: 3,
  writes,
  failed: 0,
  refused: 0,
  applyMs: 1,
  sinceEventMs: writes,
});

function log(level: LogLevel = 'info', format: 'text' | 'json' = 'json') {
  const lines: string[] = [];
  const made = createAgentLog({ format, level, out: (line) => lines.push(line) });
  return {
    ...made,
    lines: () => lines.splice(0),
    events: () => lines.splice(0).map((line) => JSON.parse(line)),
  };
}

it('of changes that come one after the other it tells the first, then all together every 10 s', () => {
  const { write, events, close } = log();
  for (let i = 0; i < 500; i++) {
    write(applied(2));
    vi.advanceTimersByTime(50);
  }
  close();
  expect(events().map(({ applies = 1, writes, sinceEventMs }) => [applies, writes, sinceEventMs])).toEqual([
    [1, 2, 2],
    [199, 398, 2],
    [200, 400, 2],
    [100, 200, 2],
  ]);
  write(applied(7));
});

it('tells each change at level debug', () => {
  const { write, events } = log('debug');
  for (let i = 0; i < 5; i++) write(applied(i));
  expect(events().map(({ writes }) => writes)).toEqual([0, 1, 2, 3, 4]);
});

it('of problems without end it tells so many, and how many more there were', () => {
  const { write, events } = log();
  for (let i = 0; i < 1000; i++) write({ event: 'problem', code: '', message: `${i}` });
  expect(events()).toHaveLength(60);
  vi.advanceTimersByTime(10_000);
  expect(events()).toMatchObject([{ event: 'suppressed', level: 'warn', lines: 940 }]);
  write({ event: 'problem', code: '', message: 'later' });
  expect(events()).toMatchObject([{ message: 'later' }]);
});

it('has time, level, event and message in each line, and leaves out what is not weighty enough', () => {
  const quiet = log('warn');
  quiet.write(applied(1));
  quiet.write({ event: 'stopped', pinned: true });
  quiet.write({ event: 'problem', code: 'LBX_X', message: 'bad' });
  expect(quiet.events()).toEqual([
    { time: '1970-01-01T00:00:00.000Z', level: 'warn', event: 'problem', message: 'bad', code: 'LBX_X' },
  ]);
  const text = log('info', 'text');
  text.write({ event: 'problem', code: 'LBX_X', message: 'bad' });
  expect(text.lines()).toEqual(['1970-01-01T00:00:00.000Z WARN  problem LBX_X: bad']);
});
