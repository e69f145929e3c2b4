import { existsSync, readdirSync } from 'node:fs';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { load } from 'libbpf-ts';
import { expect, it } from 'vitest';
import { lookHere, strangers } from './look.ts';

describeKernel('lbx doctor on the machine', () => {
  it.each(['libbpf', 'capabilities', 'kernel-features', 'jit', 'memory', 'open-files'])(
    '%s is all right where kernel tests run',
    async (id) => expect(await lookHere(id)).toMatchObject([{ status: 'ok' }]),
  );

  it('loads the programs', async () => {
    const [found] = await lookHere('programs', { devices: ['eth0'] });
    expect(found).toMatchObject({ status: 'ok', found: expect.stringMatching(/takes all \d+ programs/) });
  });

  it('needs a BPF file system for pins, and leaves nothing in it', async () => {
    using folder = createBpffsFolder('doctor');
    expect(await lookHere('bpffs', { pins: `${folder.path}/lbx` })).toMatchObject([{ status: 'ok' }]);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(await lookHere('bpffs', { pins: '/run/lbx' })).toMatchObject([
      { status: 'fail', remedy: 'mount -t bpf bpf /sys/fs/bpf' },
    ]);
  });

  it('sees the sockets of the root cgroup, and not those of a folder that no process is in', async () => {
    const found = await lookHere('cgroup-sockets');
    expect(found).toMatchObject([
      { status: 'ok', found: expect.stringContaining('and those of cgroups below') },
    ]);
    using cgroup = createCgroup('doctor');
    const elsewhere = await lookHere('cgroup-sockets', { cgroup: cgroup.path });
    expect(elsewhere).toMatchObject([
      { status: 'fail', found: expect.stringContaining('does not see the sockets of this process') },
      { status: 'note' },
    ]);
    expect(readdirSync(cgroup.path).filter((name) => name.startsWith('lbx-probe'))).toEqual([]);
    expect(await lookHere('cgroup-sockets', { cgroup: false })).toMatchObject([{ status: 'skipped' }]);
  });

  it('finds a folder that is no cgroup', async () => {
    expect(await lookHere('cgroup-mount')).toMatchObject([{ status: 'ok' }]);
    expect(await lookHere('cgroup-mount', { cgroup: '/run' })).toMatchObject([{ status: 'fail' }]);
  });

  it("finds others' programs on a cgroup", async () => {
    using cgroup = createCgroup('doctor');
    using object = load(strangers);
    expect(await lookHere('cgroup-programs', { cgroup: cgroup.path })).not.toContainEqual(
      expect.objectContaining({ found: expect.stringContaining('rich_connect4 (id') }),
    );
    using link = object.program('rich_connect4').attachCgroup({ path: cgroup.path });
    expect(await lookHere('cgroup-programs', { cgroup: cgroup.path })).toContainEqual(
      expect.objectContaining({
        status: 'note',
        about: 'cgroup_inet4_connect',
        found: expect.stringContaining(`rich_connect4 (id ${link.info().programId})`),
      }),
    );
  });

  it('finds nothing of others where there is nothing', async () => {
    expect(existsSync('/sys/fs/bpf/tc/globals/cilium_lb4_services_v2')).toBe(false);
    expect(await lookHere('cilium')).toMatchObject([{ status: 'ok' }]);
    expect(await lookHere('kube-proxy')).toMatchObject([{ status: 'ok' }]);
  });
});
