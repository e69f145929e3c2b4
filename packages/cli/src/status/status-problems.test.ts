import { expect, it } from 'vitest';
import type { AgentState } from '../agent/state/agent-state.ts';
import { agentProblems } from './status-problems.ts';

const state: AgentState = {
  version: '1.0.0',
  node: 'node-a',
  startedAt: 0,
  source: { name: 'https://192.0.2.1:6443', synced: true, waitingFor: [] },
  failing: [],
  refused: { first: [], count: 0 },
  objects: { first: ['a Service without ports'], count: 1 },
  repaired: 0,
};

it.each<[string, Partial<AgentState>, string[]]>([
  ['nothing', {}, []],
  [
    'a source that has not told all',
    { source: { ...state.source, synced: false, waitingFor: ['Node'], lastError: 'refused' } },
    ['the agent waits for Node of https://192.0.2.1:6443, and writes nothing before: refused'],
  ],
  [
    'a source that is silent',
    { source: { ...state.source, lastError: 'refused' } },
    [
      'the agent does not hear everything from https://192.0.2.1:6443: refused; what was last heard stays in force',
    ],
  ],
  [
    'writes that fail',
    { failing: [{ frontend: '198.51.100.1:80/TCP', error: 'the map is full' }, { frontend: '' }] },
    ['198.51.100.1:80/TCP: the map is full; tried again', 'shared entries: not as wanted; tried again'],
  ],
  [
    'more refusals than are told',
    { refused: { first: ['a', 'b', 'c', 'd', 'e', 'f'], count: 30 } },
    ['a', 'b', 'c', 'd', 'e', 'and 25 more'],
  ],
])('of an agent with %s', (_what, more, problems) => {
  expect(agentProblems({ ...state, ...more })).toEqual(problems);
});
