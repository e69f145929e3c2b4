import { describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { isKernelAtLeast } from '../sys/kernel-version.ts';
import { features } from './features.ts';

const BPF_FUNC_map_lookup_elem = 1;
const BPF_FUNC_redirect = 23;
const BPF_FUNC_get_netns_cookie = 122;
const BPF_FUNC_sock_hash_update = 70;

describeKernel('features', () => {
  test('what every supported kernel has', () => {
    expect(features.haveMapType('hash')).toBe(true);
    expect(features.haveMapType('lpm_trie')).toBe(true);
    expect(features.haveProgramType('xdp')).toBe(true);
    expect(features.haveProgramType('cgroup_sock_addr')).toBe(true);
    expect(features.haveBatch()).toBe(true);
    expect(features.haveLink('cgroup')).toBe(true);
    expect(features.haveLink('xdp')).toBe(true);
    expect(features.haveLink('tc-netlink')).toBe(true);
    expect(features.haveLink('iter')).toBe(true);
  });

  test('tcx is there since 6.6', () => {
    expect(features.haveLink('tcx')).toBe(isKernelAtLeast('6.6'));
  });

  test.each([
    ['xdp', BPF_FUNC_map_lookup_elem, true],
    ['sched_cls', BPF_FUNC_redirect, true],
    ['cgroup_sock_addr', BPF_FUNC_redirect, false],
    ['xdp', BPF_FUNC_sock_hash_update, false],
    ['xdp', BPF_FUNC_get_netns_cookie, false],
    ['cgroup_sock_addr', BPF_FUNC_get_netns_cookie, true],
    ['xdp', 100_000, false],
  ] as const)('programs of type %s may call helper %i: %s', (type, helper, expected) => {
    expect(features.haveHelper(type, helper)).toBe(expected);
  });

  test('require says what is missing', () => {
    features.require('map:ringbuf');
    features.require('program:sched_cls');
    features.require('link:cgroup');
    features.require('helper:xdp:1');
    const lacking = () => features.require('helper:xdp:100000');
    expect(lacking).toThrow(
      expect.objectContaining({ name: 'NotSupportedError', feature: 'helper:xdp:100000' }),
    );
    expect(() => features.require('map:none')).toThrow(
      expect.objectContaining({ name: 'NotSupportedError' }),
    );
    expect(() => features.require('nonsense')).toThrow(TypeError);
  });
});
