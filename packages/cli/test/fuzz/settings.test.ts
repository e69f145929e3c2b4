import fc from 'fast-check';
import { expect, it } from 'vitest';
import { agentOptions } from '../../src/agent/options/agent-options.ts';
import { readConfigFile } from '../../src/agent/options/config-file.ts';
import { readSettings, unknownVariables, valuesOf } from '../../src/agent/options/settings.ts';
import { expectNoPollution, fuzz, fuzzMs, mutated, nastyText, nastyValue, orRefuse } from './fuzz.ts';

const keys = Object.keys(agentOptions);
const files = [
  'node: node-a\nmanifests: /etc/lbx\ndevices: [eth0, eth1]\nalgorithm: maglev\n',
  '# nothing\nnode: "node-a"\nmaglevSize: 251\nsnatPorts: 40000-49999\nxdp:\n  eth0: native\n  eth1: "off"\n',
  'metricsBindAddress: 127.0.0.1:9200\nlogLevel: info\nfamilies: [4, 6]\n',
];

it('nearly a configuration file is read, or refused with file and line', { timeout: fuzzMs }, () => {
  const given = fc.record(
    Object.fromEntries(keys.map((key) => [key, nastyValue])) as Record<string, fc.Arbitrary<unknown>>,
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    mutated(files),
    given.map((value) => JSON.stringify(value)),
    fc.tuple(fc.constantFrom(...keys), nastyValue).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
  );
  fuzz(
    text,
    (content) => {
      const file = readConfigFile(content, 'agent.yaml');
      for (const problem of file.problems) {
        expect(problem).toMatch(/^agent\.yaml(:\d+:\d+: |: and \d+ more$)/);
        expect(problem.length).toBeLessThan(10_000);
      }
      const settings = orRefuse(() => readSettings({ flags: {}, environment: {}, file }), /^LBX_BAD_CONFIG$/);
      if (settings !== undefined) expect(Object.keys(valuesOf(settings)).sort()).toEqual([...keys].sort());
      expectNoPollution();
    },
    10_000,
  );
});

it('variables with any text are read, or refused by name', { timeout: fuzzMs }, () => {
  const name = (key: string) => `LBX_AGENT_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
  const text = fc.oneof(
    nastyText,
    mutated(['eth0,eth1', 'eth0=native,eth1=off', '40000-49999', '127.0.0.1:9200', 'true', '15s', 'maglev']),
  );
  const pair = fc.tuple(fc.oneof(fc.constantFrom(...keys.map(name)), nastyText), text);
  fuzz(fc.array(pair, { maxLength: 4 }), (pairs) => {
    const environment = Object.fromEntries(pairs);
    orRefuse(() => readSettings({ flags: {}, environment }), /^LBX_BAD_CONFIG$/);
    for (const told of unknownVariables(environment)) expect(told).toContain('is not known');
    expectNoPollution();
  });
});
