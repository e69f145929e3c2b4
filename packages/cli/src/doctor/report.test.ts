import { expect, it } from 'vitest';
import { type Finding, needsRoot, type Status } from './finding.ts';
import { reportLines, verdictLine } from './report.ts';

const finding = (id: string, status: Status, found: string, more: Partial<Finding> = {}): Finding => ({
  id,
  group: 'kernel',
  tried: 'looks',
  status,
  found,
  ...more,
});
const ok = finding('jit', 'ok', 'on');

it.each([
  [[ok], 'no problem in 1 finding'],
  [[ok, ok, finding('a', 'note', '')], 'no problem in 3 findings'],
  [[ok, finding('a', 'warn', '')], 'no problem, 1 warning in 2 findings'],
  [[finding('a', 'fail', ''), finding('b', 'fail', '')], '2 problems, 0 warnings in 2 findings'],
  [[ok, finding('a', 'skipped', 'why')], 'no problem in 1 finding; 1 skipped'],
  [
    [ok, finding('a', 'skipped', 'why'), { ...finding('b', 'skipped', ''), ...needsRoot }],
    'no problem in 1 finding; 1 needs root (sudo lbx doctor); 1 skipped',
  ],
])('the verdict of %j', (findings, verdict) => expect(verdictLine(findings)).toBe(verdict));

it('problems come first, with what to do; what was skipped for one reason is one line', () => {
  const findings = [
    ok,
    finding('pins', 'skipped', 'nothing there', { group: 'what is pinned' }),
    finding('links', 'skipped', 'nothing there', { group: 'what is pinned' }),
    finding('node-object', 'skipped', 'no name', { group: 'Kubernetes', remedy: '--node node-a' }),
    finding('device', 'warn', 'slow', { group: 'devices', about: 'eth0' }),
    finding('programs', 'fail', 'refused', { remedy: 'a newer kernel' }),
  ];
  expect(reportLines(findings)).toEqual([
    'lbx doctor: 1 problem, 1 warning in 3 findings; 3 skipped',
    '',
    'fail programs: refused',
    '     → a newer kernel',
    '',
    'warn device eth0: slow',
    '',
    'kernel',
    '  ok      jit          on',
    '  fail    programs     refused',
    '',
    'devices',
    '  warn    device eth0  slow',
    '',
    'what is pinned',
    '  skipped pins, links: nothing there',
    '',
    'Kubernetes',
    '  skipped node-object: no name → --node node-a',
  ]);
});
