import { expect, it } from 'vitest';
import { agentOptions, optionKeys } from './agent-options.ts';
import { readConfigFile } from './config-file.ts';
import { variableOf } from './option-names.ts';
import { printSettings } from './print-settings.ts';
import { originText, readSettings, unknownVariables } from './settings.ts';

const read = (text: string) => readConfigFile(text, 'agent.yaml');

it('a flag counts before a variable, a variable before the file, the file before the default', () => {
  const file = read('mtu: 1300\nflows: 2000\nendpoints: 3\n');
  const settings = readSettings({
    flags: { mtu: 1500 },
    environment: { LBX_AGENT_MTU: '1400', LBX_AGENT_FLOWS: '4096', LBX_AGENT_TC: '', NODE_NAME: 'n' },
    file,
  });
  const said = (['mtu', 'flows', 'endpoints', 'tc', 'node', 'kubeconfig'] as const).map((key) => [
    settings[key].value,
    originText(settings[key].origin),
  ]);
  expect(said).toEqual([
    [1500, '--mtu'],
    [4096, 'LBX_AGENT_FLOWS'],
    [3, 'agent.yaml:3'],
    ['auto', 'default'],
    ['n', 'NODE_NAME'],
    [undefined, 'default'],
  ]);
});

it('tells everything that is wrong with a file, with line, column and the nearest key', () => {
  const { problems } = read(
    [
      'node: a',
      'maglevSise: 251',
      'device: [eth0, 7]',
      'load-balancer-class: x',
      'xdp: {eth0: fast}',
      'mtu:',
      'traffic: yes',
    ].join('\n'),
  );
  expect(problems).toEqual([
    "agent.yaml:2:1: unknown key 'maglevSise'; did you mean 'maglevSize'?",
    'agent.yaml:3:16: device: 7 is no text',
    "agent.yaml:4:1: unknown key 'load-balancer-class'; did you mean 'loadBalancerClass'?",
    "agent.yaml:5:13: xdp: 'fast' is none of auto, native, generic, off",
    'agent.yaml:6:5: mtu: has no value; leave the key out for its default',
    "agent.yaml:7:10: traffic: 'yes' is neither true nor false",
  ]);
});

it.each([
  ['- a', '1:1: must be a mapping'],
  ['a: [', 'agent.yaml:1:5'],
  ['mtu: 1400\nmtu: 1500', 'agent.yaml:2:1: Map keys must be unique'],
])('refuses %j', (text, problem) => expect(read(text).problems.join()).toContain(problem));

it.each(['', '# nothing\n', '{}'])('takes the empty file %j', (text) =>
  expect(read(text)).toMatchObject({ problems: [], settings: new Map() }),
);

it('tells what is wrong with variables and the file at once', () => {
  const environment = { LBX_AGENT_MTU: 'big' };
  expect(() => readSettings({ flags: {}, environment, file: read('mtv: 1') })).toThrow(
    expect.objectContaining({
      code: 'LBX_BAD_CONFIG',
      message:
        "agent.yaml:1:1: unknown key 'mtv'; did you mean 'mtu'?\nLBX_AGENT_MTU: 'big' is no whole number from 1280 to 65535",
    }),
  );
});

it('names variables that nobody knows, but not those that a Service called lbx-agent makes', () => {
  expect(
    unknownVariables({
      LBX_AGENT_DEVISE: 'eth0',
      LBX_AGENT_DEVICE: 'eth0',
      LBX_AGENT_PORT: 'tcp://192.0.2.1:80',
      LBX_AGENT_SERVICE_HOST: '192.0.2.1',
      PATH: '/bin',
    }),
  ).toEqual(['the variable LBX_AGENT_DEVISE is not known; did you mean LBX_AGENT_DEVICE?']);
});

it('what is printed is a file that says the same', () => {
  const environment = {
    NODE_NAME: 'node-a',
    LBX_AGENT_DEVICE: 'eth0,eth1',
    LBX_AGENT_XDP: 'eth0=native',
    LBX_AGENT_CGROUP: 'false',
    LBX_AGENT_LOAD_BALANCER_CLASS: 'a,',
    LBX_AGENT_SNAT_PORTS: '10000-19999',
  };
  const settings = readSettings({ flags: {}, environment });
  const printed = printSettings(settings);
  expect(printed).toContain('device: [ eth0, eth1 ]');
  expect(printed).toContain('# LBX_AGENT_DEVICE');
  const again = readSettings({ flags: {}, environment: {}, file: read(printed) });
  for (const key of optionKeys) expect(again[key].value, key).toEqual(settings[key].value);
});

it('no two options share a variable', () => {
  expect(new Set(optionKeys.map(variableOf)).size).toBe(Object.keys(agentOptions).length);
});

it('tells of aliases that lead nowhere, of nesting without end, and of very many mistakes the first ones', () => {
  expect(read('mtu: *nowhere\n').problems).toEqual([
    'agent.yaml:1:6: mtu: Unresolved alias (the anchor must be set before the alias): nowhere',
  ]);
  expect(read('['.repeat(100_000)).problems[0]).toMatch(/^agent\.yaml:1:\d+: /);
  const { problems } = read(Array.from({ length: 100 }, (_, i) => `${'x'.repeat(1000)}${i}: 1`).join('\n'));
  expect(problems).toHaveLength(21);
  expect(problems.at(-1)).toBe('agent.yaml: and 80 more');
  expect(Math.max(...problems.map(({ length }) => length))).toBeLessThanOrEqual(400);
});
