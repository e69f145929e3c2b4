import { expect, test } from 'vitest';
import { isRequired } from './gate.ts';
import { type KernelFacts, kernelProblem, readKernelFacts } from './kernel-gate.ts';

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
