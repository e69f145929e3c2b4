import { expect, it } from 'vitest';
import type { AgentEvent } from './agent-event.ts';
import { createProblemLog } from './problem-log.ts';

const bad = (message: string, code?: string) =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

function log() {
  const events: AgentEvent[] = [];
  const problems = createProblemLog((event) => events.push(event));
  return { problems, told: () => events.splice(0) };
}

it('tells a problem when it comes, when it goes, and when it comes back', () => {
  const { problems, told } = log();
  problems.set('objects', [bad('a is bad', 'LBX_BAD_OBJECT'), bad('b is bad')]);
  expect(told()).toEqual([
    { event: 'problem', code: 'LBX_BAD_OBJECT', message: 'a is bad' },
    { event: 'problem', code: '', message: 'b is bad' },
  ]);
  problems.set('objects', [bad('b is bad'), bad('a is bad', 'LBX_BAD_OBJECT')]);
  expect(told()).toEqual([]);
  problems.set('objects', [bad('b is bad')]);
  expect(told()).toEqual([{ event: 'solved', code: 'LBX_BAD_OBJECT', message: 'a is bad' }]);
  problems.set('objects', [bad('b is bad'), bad('a is bad', 'LBX_BAD_OBJECT')]);
  expect(told()).toEqual([{ event: 'problem', code: 'LBX_BAD_OBJECT', message: 'a is bad' }]);
});

it('keeps kinds apart, and tells once what nobody says is over', () => {
  const { problems, told } = log();
  problems.set('objects', [bad('x')]);
  problems.set('writes', []);
  problems.add(bad('port in use'));
  problems.add(bad('port in use'));
  expect(told()).toEqual([
    { event: 'problem', code: '', message: 'x' },
    { event: 'problem', code: '', message: 'port in use' },
  ]);
});

it('remembers the last thousand of those, so that ever new ones take no memory', () => {
  const { problems, told } = log();
  for (let i = 0; i <= 1000; i++) problems.add(bad(`${i}`));
  expect(told()).toHaveLength(1001);
  for (const again of [1, 1000, 0, 1]) problems.add(bad(`${again}`));
  expect(told().map((event) => 'message' in event && event.message)).toEqual(['0', '1']);
});

it('of very many that come together it tells how many more there are', () => {
  const { problems, told } = log();
  problems.set(
    'writes',
    Array.from({ length: 1000 }, (_, i) => bad(`${i}`)),
  );
  const events = told();
  expect(events).toHaveLength(21);
  expect(events.at(-1)).toEqual({ event: 'problem', code: '', message: 'and 980 more' });
});
