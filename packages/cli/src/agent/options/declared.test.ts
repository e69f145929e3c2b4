import { isIP } from 'node:net';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { resolveOptions } from '../../../../core/src/options/resolve-options.ts';
import { agentOptions, type OptionKey, optionKeys, optionOf } from './agent-options.ts';
import { readConfigFile } from './config-file.ts';
import { configSchema } from './config-schema.ts';
import { optionsDocument } from './options-document.ts';

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
ajv.addFormat('ipv4', (text) => isIP(text) === 4).addFormat('ipv6', (text) => isIP(text) === 6);
const isValid = ajv.compile(configSchema());
const isRead = (value: unknown) => readConfigFile(stringify(value), 'f').problems.length === 0;

describe('what is made from the declarations', () => {
  it('the schema in the package is up to date', async () => {
    await expect(`${JSON.stringify(configSchema(), null, 2)}\n`).toMatchFileSnapshot(
      '../../../schema/agent.schema.json',
    );
  });

  it('docs/agent-options.md is up to date', async () => {
    await expect(optionsDocument()).toMatchFileSnapshot('../../../../../docs/agent-options.md');
  });

  it('defaults that core has too are the same', () => {
    const core = resolveOptions({}, { devices: [], addresses: [] }) as unknown as Record<string, unknown>;
    for (const key of optionKeys) {
      const { core: name, fallback, type } = optionOf(key);
      if (name === undefined || fallback === undefined || name === 'xdp') continue;
      expect(core[name], key).toEqual(type.read(fallback));
    }
  });
});

describe('schema and reader', () => {
  const values = fc.oneof(
    fc.constantFrom(
      'auto',
      'native',
      'snat',
      'none',
      'primary',
      '192.0.2.1',
      '2001:db8::1',
      '10-20',
      '192.0.2.0/24',
      '127.0.0.1:80',
      'https://192.0.2.1',
      'json',
      'debug',
      'exact',
      '4',
      '',
    ),
    fc.integer({ min: -1, max: 70_000 }),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  const nested = fc.oneof(
    values,
    fc.array(values, { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('eth0', 'tcpNew', 'x'), values, { maxKeys: 2 }),
  );
  const key = fc.constantFrom<string>(...optionKeys, 'unknownKey');

  it('the schema takes everything that the reader takes', () => {
    fc.assert(
      fc.property(key, nested, (name, value) => {
        const file = { [name]: value };
        if (isRead(file)) expect(isValid(file), JSON.stringify([file, isValid.errors])).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('the reader takes every default, and what the schema refuses neither takes', () => {
    for (const name of optionKeys) {
      const { fallback } = agentOptions[name as OptionKey] as { fallback?: unknown };
      if (fallback !== undefined)
        expect([name, isRead({ [name]: fallback }), isValid({ [name]: fallback })]).toEqual([
          name,
          true,
          true,
        ]);
    }
  });

  it.each([
    [{ unknownKey: 1 }],
    [{ mtu: 1 }],
    [{ mtu: '1400' }],
    [{ device: 7 }],
    [{ device: [['eth0']] }],
    [{ xdp: { eth0: 'fast' } }],
    [{ family: [5] }],
    [{ snatAddress: '2001:db8::1' }],
    [{ timeouts: { tcp: 1 } }],
    [{ logLevel: 'loud' }],
    [{ cgroup: true }],
    [{ driftSeconds: -1 }],
    [{ metricsBindAddress: 'here' }],
    [{ snatPorts: [1, 2] }],
  ])('both refuse %j', (file) => expect([isValid(file), isRead(file)]).toEqual([false, false]));
});
