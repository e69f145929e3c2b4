import { readFileSync } from 'node:fs';
import { readServiceSpec } from '@lbx/maps';
import { describe, expect, it } from 'vitest';

const schema = JSON.parse(
  readFileSync(new URL('../../schema/services.schema.json', import.meta.url), 'utf8'),
);
const { service, frontend, backend } = schema.$defs;

/** The fields that the reader knows, as its error about an unknown one lists them. */
function knownFields(value: object): string[] {
  try {
    readServiceSpec(value);
  } catch (error) {
    return /known are (.*)$/.exec((error as Error).message)?.[1]?.split(', ') ?? [];
  }
  return [];
}
const place = { address: '192.0.2.1', port: 80 };
/** Read, but not to be written: spellings of others, and what needs more than one service. */
const left = (fields: readonly string[]) =>
  fields.filter((name) => !['forwardingMode', 'redirectTo'].includes(name));

describe('services.schema.json', () => {
  it.each([
    ['service', service, { name: 'a', unknown: 1 }, ['apiVersion', 'kind']],
    ['frontend', frontend.anyOf[1], { name: 'a', frontends: [{ ...place, unknown: 1 }] }, []],
    ['backend', backend.anyOf[1], { name: 'a', backends: [{ ...place, unknown: 1 }] }, []],
  ])('has exactly the fields of a %s', (_, part, value, head) => {
    expect(Object.keys(part.properties).sort()).toEqual([...left(knownFields(value)), ...head].sort());
  });

  it('allows what is allowed', () => {
    for (const state of backend.anyOf[1].properties.state.enum)
      expect(readServiceSpec({ name: 'a', backends: [{ ...place, state }] }).backends).toMatchObject([
        { state },
      ]);
    for (const type of frontend.anyOf[1].properties.type.enum)
      expect(readServiceSpec({ name: 'a', frontends: [{ ...place, type }] }).frontends).toMatchObject([
        { type },
      ]);
  });
});
