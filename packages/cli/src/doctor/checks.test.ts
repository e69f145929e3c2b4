import { expect, it } from 'vitest';
import { groups } from './check.ts';
import { checks } from './checks.ts';
import { describeChecks } from './describe-checks.ts';

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
