import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { run } from '../../test/run.ts';
import { groups } from './check.ts';
import { checks } from './checks.ts';
import { describeChecks } from './describe-checks.ts';
import { reportSchema } from './report-schema.ts';

it('ids are stable words, each once', () => {
  const ids = checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
  for (const { group } of checks) expect(groups).toContain(group);
});

it('docs/doctor.md is what the checks say (vitest -u writes it)', async () => {
  const path = new URL('../../../../docs/doctor.md', import.meta.url).pathname;
  await expect(describeChecks(checks)).toMatchFileSnapshot(path);
});

it('schema/doctor.schema.json is what --json writes (vitest -u writes it)', async () => {
  const schema = reportSchema(checks);
  const path = new URL('../../schema/doctor.schema.json', import.meta.url).pathname;
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(path);
  // Those that need nothing and take no time.
  const { out } = await run([
    'doctor',
    '--json',
    '--only',
    'open-files',
    'libbpf',
    'device',
    'queues',
    'clock',
    'pins',
  ]);
  const isValid = new Ajv2020().compile(schema);
  expect(isValid(JSON.parse(out)), JSON.stringify(isValid.errors)).toBe(true);
  expect(isValid({ ...JSON.parse(out), more: 1 })).toBe(false);
});
