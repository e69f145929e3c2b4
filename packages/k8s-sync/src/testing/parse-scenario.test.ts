import { describe, expect, it } from 'vitest';
import { parseScenario } from './parse-scenario.ts';

const header = 'node: {name: node-a}\n---\n';

describe('parseScenario', () => {
  it('reads header and steps', () => {
    const scenario = parseScenario(
      `# about
---
node: {name: node-a, zone: z, addresses: [192.0.2.1]}
options: {quarantine: 2h, maxEntries: {lb4_services_v2: 4}}
---
step: one
wait: 15m
delete: [Service web, Node node-a]
changes: |
  + a => b
problems: [LBX_BAD_OBJECT spec]
---
step: two
restart: true
expect: empty
`,
      'x.yaml',
    );
    expect(scenario).toMatchObject({
      node: { name: 'node-a', zone: 'z', addresses: ['192.0.2.1'] },
      options: { quarantineSeconds: 7200, maxEntries: { lb4_services_v2: 4 } },
    });
    expect(scenario.steps).toMatchObject([
      {
        text: 'one',
        line: 6,
        seconds: 900,
        restart: false,
        synced: false,
        delete: [
          { kind: 'Service', name: 'web' },
          { kind: 'Node', name: 'node-a' },
        ],
        expected: {
          dump: { kind: 'changes', lines: ['+ a => b'] },
          problems: ['LBX_BAD_OBJECT spec'],
          refused: [],
        },
      },
      { text: 'two', restart: true, synced: true, expected: { dump: { kind: 'whole', lines: [] } } },
    ]);
  });

  it.each([
    ['', 'x.yaml:1: is empty'],
    ['step: a\nexpect: empty', 'x.yaml:1: begins with a step; a header with `node: {name: …}` comes first'],
    ['options: {}', 'x.yaml:1: `node: {name: …}` is missing'],
    ['node: {}', 'x.yaml:1: node: `name` is missing'],
    ['node: {name: 1}', 'x.yaml:1: name should be a text, is 1'],
    ['node: {name: a}', 'x.yaml:1: has no steps: add a document with `step:` and `expect:`'],
    ['node: {name: a, zones: b}', 'x.yaml:1: node: unknown key zones; there are name, zone, addresses'],
    [
      `${header}step: a`,
      'x.yaml:3: give one of: `expect: |` with all lines of the dump, `changes: |` with those that come and go, `expect: unchanged`, `expect: empty`',
    ],
    [`${header}expect: empty`, 'x.yaml:3: `step:` is missing: say what happens'],
    [`${header}step: a\nexpcet: empty`, 'x.yaml:3: give one of'],
    [
      `${header}step: a\nexpect: empty\naply: []`,
      'x.yaml:3: unknown key aply; there are step, addresses, told, restart, wait, apply, patch, delete, synced, expect, changes, problems, refused, ignored, rejected, dropped, health',
    ],
    [`${header}step: a\nchanges: |\n  lb4`, 'x.yaml:3: changes: lb4 should begin with "+ " or "- "'],
    [
      `${header}step: a\nexpect: empty\napply: [{kind: Service}]`,
      'x.yaml:3: apply: apiVersion is missing, should be v1',
    ],
    [`${header}step: a\nexpect: empty\napply: [1]`, 'x.yaml:3: apply should be a list of objects, is [1]'],
    [
      `${header}step: a\nexpect: empty\ndelete: [web]`,
      'x.yaml:3: delete: web should read "Service default/web" or "Node node-a"',
    ],
    [
      `${header}step: a\nexpect: empty\nwait: 3`,
      'x.yaml:3: wait should be a time such as 90s, 15m or 3h, is 3',
    ],
    [`${header}step: a\nexpect: [`, 'x.yaml:4: '],
  ])('%j: says what is wrong and where', (text, message) => {
    expect(() => parseScenario(text, 'x.yaml')).toThrow(
      expect.objectContaining({ code: 'LBX_BAD_SCENARIO', message: expect.stringContaining(message) }),
    );
  });
});
