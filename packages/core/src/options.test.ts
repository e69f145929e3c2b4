import { describe, expect, it } from 'vitest';
import { resolveOptions } from './options.ts';

describe('options', () => {
  it('fills in defaults', () => {
    expect(resolveOptions({ nodeAddresses: ['192.0.2.1'] })).toMatchObject({
      devices: [],
      pins: '/sys/fs/bpf/lbx',
      algorithm: 'random',
      maglevSize: 16381,
      nodePortRange: [30000, 32767],
    });
  });

  it.each([
    [{ nodeAddresses: ['nowhere'] }, 'LBX_BAD_OPTION', "'nowhere' is not an IPv4 or IPv6 address"],
    [{ nodePortRange: [32767, 30000] as const }, 'LBX_BAD_OPTION', '32767-30000 is no range of ports'],
    [{ snatPorts: [30000, 40000] as const }, 'LBX_BAD_OPTION', 'overlap nodePortRange'],
    [{ snatAddress: '2001:db8::1' }, 'LBX_BAD_OPTION', 'is not an IPv4 address'],
    [{ devices: ['lbx-none'] }, 'LBX_NO_NODE_ADDRESS', 'device lbx-none has no IPv4 address'],
  ])('refuses %o', (options, code, message) => {
    expect(() => resolveOptions({ nodeAddresses: [], ...options })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
});
