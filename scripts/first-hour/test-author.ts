import { command, file, type Part, words } from './story.ts';

const test = `import { applyOps, createIds, createMemoryTables, explain } from '@lbx/maps';
import { frontendsOf, parseServiceSpec, plan, project, readSnapshot } from '@lbx/maps';
import '@lbx/maps/testing/vitest';
import { expect, it } from 'vitest';

const web = (...backends: string[]) => ({ name: 'shop/web', frontends: ['198.51.100.1:80/TCP'], backends });
const flow = {
  from: { address: '203.0.113.5', port: 40000 },
  to: { address: '198.51.100.1', port: 80 },
  protocol: 'TCP',
} as const;
const tables = createMemoryTables();
const ids = createIds();
const serve = (...backends: string[]) => {
  const wanted = project(frontendsOf(parseServiceSpec(web(...backends))), {}, ids);
  applyOps(tables, plan(readSnapshot(tables), wanted));
};

it('exchanges a backend', () => {
  serve('192.0.2.10:8080', '192.0.2.11:8080');
  serve('192.0.2.12:8080');
  expect(tables).toHoldService(web('192.0.2.12:8080'));
});

it('sends a flow there', () => {
  expect(explain(tables, flow)).toBeForwardedTo('192.0.2.12:8080');
});
`;

export const testAuthor: Part = {
  title: 'You test one',
  folder: 'tests',
  steps: [
    words(`
### Install

No root, no kernel, no cluster: everything below is memory. Two packages of lbx, and a test runner.`),
    command('npm install ../packages/{lbx-maglev,lbx-maps}-*.tgz vitest@5.1.1', {
      varies: true,
      prints: /^added \d+ packages/m,
    }),
    words('### A test'),
    file('web.test.ts', test),
    command('npx vitest run', { varies: true, prints: /Tests +2 passed/ }),
    words(`
### It fails, and says what differs

Somebody expects the old backend to be there still:`),
    command(`sed -i "s/toHoldService(web(/&'192.0.2.11:8080', /" web.test.ts`),
    command("npx vitest run -t exchanges 2>&1 | grep -A 4 '^Error'", {
      prints: /count +expected 2, found 1/,
    }),
    words(`
### Why does my flow not go there?

Or the service loses its last backend: a matcher about a flow shows every look into the maps that led to the answer.`),
    command(`sed -i "s/  serve('192.0.2.12:8080');/  serve();/" web.test.ts`),
    command("npx vitest run 2>&1 | grep -A 2 '^Error: expected: forwarded'", { prints: /reject/ }),
    words(
      'Next: [script map state in tests](guide/map-state.md), [testing your own agent](testing-your-agent.md), with an API server that fails on command.',
    ),
  ],
};
