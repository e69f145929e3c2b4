import { expect, it } from 'vitest';
import { assertPrivileges } from './privileges.ts';

const status = (capabilities: string) => () => `Name:\tnode\nUid:\t1000\nCapEff:\t${capabilities}\n`;

it.each([
  ['0000000000000000', 'CAP_NET_ADMIN and CAP_BPF and CAP_PERFMON'],
  ['0000000000001000', 'needs CAP_BPF and CAP_PERFMON, which'],
  ['00000000a80425fb', 'CAP_NET_ADMIN and CAP_BPF and CAP_PERFMON'],
  ['0000008000001000', 'needs CAP_PERFMON, which'],
])('names what is missing in %s', (capabilities, message) => {
  expect(() => assertPrivileges(status(capabilities))).toThrow(
    expect.objectContaining({ code: 'LBX_NOT_ROOT', message: expect.stringContaining(message) }),
  );
});

it('takes all capabilities, and those that are enough', () => {
  assertPrivileges(status('000001ffffffffff'));
  assertPrivileges(status('000000c000001000'));
  // CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON.
  assertPrivileges(status('0000000000201000'));
});
