import { execFileSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { load } from '../object/load.ts';
import { queryCgroup } from './attached-programs.ts';
import { Link } from './link.ts';
import { listLinks } from './list-links.ts';

const rich = join(import.meta.dirname, '../../test/objects/rich.bpf.o');
const programs = {
  rich_xdp: { autoload: false },
  rich_tc: { autoload: false },
};
const type = 'cgroup_inet4_connect';

describeKernel('cgroup links', () => {
  test('attached, effective below, updated, pinned, found again, detached', () => {
    using cgroup = createCgroup('link');
    using folder = createBpffsFolder('cgroup-link');
    using object = load(rich, { programs });
    using other = load(rich, { programs });
    const program = object.program('rich_connect4');
    const { path } = cgroup;
    const pin = join(folder.path, 'link');
    const child = join(path, 'child');
    mkdirSync(child);
    try {
      const link = program.attachCgroup({ path });
      expect(link.info()).toMatchObject({
        kind: 'cgroup',
        programId: program.id,
        attachType: type,
        attached: true,
      });
      const attached = { programId: program.id, programName: 'rich_connect4' };
      expect(queryCgroup({ path, type })).toEqual([attached]);
      expect(queryCgroup({ path: child, type })).toEqual([]);
      expect(queryCgroup({ path: child, type, effective: true })).toContainEqual(attached);
      link.pin(pin);
      const { id } = link.info();
      link.close();
      expect(listLinks({ cgroup: path }).map((info) => info.id)).toEqual([id]);
      expect(listLinks({ cgroup: child })).toEqual([]);
      using again = Link.openPinned(pin);
      again.update(other.program('rich_connect4'));
      expect(queryCgroup({ path, type })[0]?.programId).toBe(other.program('rich_connect4').id);
      again.unpin();
      again.detach();
      expect(again.info()).toMatchObject({ attached: false });
      expect(queryCgroup({ path, type })).toEqual([]);
    } finally {
      rmdirSync(child);
    }
  });

  test('programs of others stay: all run', () => {
    using cgroup = createCgroup('link-two');
    using first = load(rich, { programs });
    using second = load(rich, { programs });
    const { path } = cgroup;
    using theirs = first.program('rich_connect4').attachCgroup({ path });
    const ours = second.program('rich_connect4').attachCgroup({ path });
    expect(queryCgroup({ path, type })).toHaveLength(2);
    ours.close();
    expect(queryCgroup({ path, type }).map(({ programId }) => programId)).toEqual([theirs.info().programId]);
  });

  test('a connect in the cgroup runs it, one outside does not', () => {
    using cgroup = createCgroup('link-run');
    using object = load(rich, { programs, variables: { config_port: 9 } });
    using _link = object.program('rich_connect4').attachCgroup({ path: cgroup.path });
    const calls = () => object.map('counters').get(Uint8Array.of(3, 0, 0, 0))?.[0];
    const connect = ['-c', 'exec 3<>/dev/udp/127.0.0.1/9'];
    cgroup.exec('bash', connect);
    expect(calls()).toBe(1);
    execFileSync('bash', connect);
    expect(calls()).toBe(1);
  });

  test.each([
    ['a folder that is no cgroup', '/tmp', /EBADF.*no cgroup of version 2/s],
    ['a folder that is not there', '/nonexistent', /ENOENT/],
  ])('%s', (_name, path, message) => {
    using object = load(rich, { programs });
    expect(() => object.program('rich_connect4').attachCgroup({ path })).toThrow(message);
  });

  test('another hook than the program is for', () => {
    using cgroup = createCgroup('link-hook');
    using object = load(rich, { programs });
    const attach = () =>
      object.program('rich_connect4').attachCgroup({ path: cgroup.path, type: 'cgroup_inet6_connect' });
    expect(attach).toThrow(/EINVAL.*loaded for this attach type/s);
  });
});
