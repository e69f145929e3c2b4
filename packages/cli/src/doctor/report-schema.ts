import type { JsonSchema } from '../agent/options/option-types/option-type.ts';
import { type Check, groups } from './check.ts';
import type { Status } from './finding.ts';

const statuses: Readonly<Record<Status, string>> = {
  ok: 'as it should be',
  note: 'worth knowing, nothing to do',
  warn: 'lbx works, and something will hurt',
  fail: 'lbx does not work, or does not do what it was asked for',
  skipped: 'could not be, or was not to be, tried: `found` says why',
};

const text = (description: string): JsonSchema => ({ type: 'string', description });
const count = (description: string): JsonSchema => ({ type: 'integer', minimum: 0, description });

/** schema/doctor.schema.json: what `lbx doctor --json` writes. */
export const reportSchema = (checks: readonly Check[]): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'lbx doctor --json',
  type: 'object',
  additionalProperties: false,
  required: ['verdict', 'counts', 'findings'],
  properties: {
    verdict: text('One sentence for people.'),
    counts: {
      type: 'object',
      description:
        'Findings by status. The exit code is 1 when `fail` is not 0; with --strict also when `warn` is not.',
      additionalProperties: false,
      required: Object.keys(statuses),
      properties: Object.fromEntries(
        Object.entries(statuses).map(([status, meaning]) => [status, count(meaning)]),
      ),
    },
    findings: {
      type: 'array',
      description: 'In the order in which they were made; one check can have several.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'group', 'tried', 'status', 'found'],
        properties: {
          id: {
            description: 'The check. Ids stay as they are; new versions of lbx may have more.',
            enum: checks.map(({ id }) => id),
          },
          group: { description: 'Heading in the report.', enum: groups },
          about: text('The device, map, hook or part, where a check has several findings.'),
          status: { enum: Object.keys(statuses) },
          tried: text('What was tried.'),
          found: text('What was found, in one sentence.'),
          remedy: text('What to do about it: a command to type, or a flag.'),
        },
      },
    },
  },
});
