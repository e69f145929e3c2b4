import { afterEach, expect, test, vi } from 'vitest';
import { createGate, isRequired } from './gate.ts';
import { type KernelFacts, kernelProblem, readKernelFacts } from './kernel-facts.ts';

const able: KernelFacts = {
  uid: 0,
  capabilities: (1n << 12n) | (1n << 21n) | (1n << 39n),
  filesystems: 'nodev\tsysfs\nnodev\tbpf\n\text4\n',
  libbpf: true,
  missingCommands: [],
};

test.each<[string, Partial<KernelFacts>, RegExp | undefined]>([
  ['everything there', {}, undefined],
  ['SYS_ADMIN without CAP_BPF', { capabilities: (1n << 12n) | (1n << 21n) }, undefined],
  ['not root', { uid: 1000 }, /need root.*uid 1000.*sudo/],
  ['container root', { capabilities: 0n }, /CAP_NET_ADMIN.*--privileged/],
  ['no SYS_ADMIN', { capabilities: (1n << 12n) | (1n << 39n) }, /CAP_SYS_ADMIN.*--privileged/],
  ['no bpffs', { filesystems: 'nodev\tsysfs\n' }, /no bpf file system/],
  ['no libbpf', { libbpf: false }, /apt-get install libbpf1/],
  ['no ethtool', { missingCommands: ['ethtool'] }, /ethtool not found: apt-get install/],
])('%s', (_, change, expected) => {
  const problem = kernelProblem({ ...able, ...change });
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});

test.each([
  ['kernel', 'kernel', true],
  ['cluster, kernel', 'kernel', true],
  ['kernels', 'kernel', false],
  ['', 'kernel', false],
  [undefined, 'cluster', false],
])('LBX_REQUIRE=%s asks for %s: %s', (list, name, expected) => {
  // The default argument is the environment's variable: an unset one is stood in for by ''.
  expect(isRequired(name, list ?? '')).toBe(expected);
});

test('the facts of this machine are readable', () => {
  const facts = readKernelFacts();
  expect(facts.uid).toBe(process.getuid?.());
  expect(facts.filesystems).toContain('sysfs');
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Notes what is registered, and what its functions do when they are run at once. */
function createRecorder() {
  const log: string[] = [];
  const run = (fn: () => unknown) => {
    try {
      fn();
    } catch (error) {
      log.push(`threw ${(error as Error).message}`);
    }
  };
  const note = (line: string, fn: () => unknown) => {
    log.push(line);
    run(fn);
  };
  const describe = Object.assign((name: string, fn: () => void) => note(`describe ${name}`, fn), {
    skip: (name: string) => log.push(`describe.skip ${name}`),
  });
  const record = Object.assign(
    (name: string, options: object, fn: () => unknown) => note(`test ${name} ${JSON.stringify(options)}`, fn),
    { skip: (name: string) => log.push(`test.skip ${name}`) },
  );
  return { log, runner: { describe, test: record } };
}

test.each([
  [
    'runs where the requirement is met, required or not',
    undefined,
    'magic',
    ['describe suite', 'ran', 'test case {"timeout":5}', 'ran', 'test other {}', 'ran'],
    [],
  ],
  [
    'skips where it is not and says why once',
    'there is no wand',
    'kernel,cluster',
    ['describe.skip suite', 'test.skip case', 'test.skip other'],
    ['skipping magic tests: there is no wand'],
  ],
  [
    'fails where it is not but required',
    'there is no wand',
    'kernel,magic',
    [
      'describe suite',
      'test needs magic {}',
      'threw LBX_REQUIRE asks for magic tests, but there is no wand',
      'test case {}',
      'threw LBX_REQUIRE asks for magic tests, but there is no wand',
      'test other {}',
      'threw LBX_REQUIRE asks for magic tests, but there is no wand',
    ],
    [],
  ],
])('a gate %s', (_, problem, require, expected, warnings) => {
  vi.stubEnv('LBX_REQUIRE', require);
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const { log, runner } = createRecorder();
  const gate = createGate({ name: 'magic', problem: () => problem }, runner);
  const ran = () => {
    log.push('ran');
  };
  gate.describe('suite', ran);
  gate.test('case', ran, 5);
  gate.test('other', ran);
  expect(log).toEqual(expected);
  expect(warn.mock.calls.flat()).toEqual(warnings);
});
