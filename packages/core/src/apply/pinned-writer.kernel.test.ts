import { frontendsOf, optionsIn, parseServiceSpec } from '@lbx/maps';
import { createBpffsFolder, createCgroup, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { createLoadBalancer } from '../load-balancer.ts';
import { openPinnedTables } from '../open-pinned-tables.ts';
import { openPinnedWriter } from './pinned-writer.ts';

const service = (name: string, address: string, ...backends: string[]) =>
  parseServiceSpec({ name, frontends: [`${address}:80/TCP`], backends });

describeKernel('openPinnedWriter', () => {
  it('writes beside what is there, prunes when told, and what comes next finds everything as it should be', () => {
    using folder = createBpffsFolder('core-writer');
    using cgroup = createCgroup('core-writer');
    const pins = `${folder.path}/pins`;
    const options = { cgroup: cgroup.path, pins, nodeAddresses: [] };
    const theirs = service('theirs', '198.51.100.1', '192.0.2.1:80');
    const ours = service('ours', '198.51.100.2', '192.0.2.2:80', '192.0.2.1:80');
    using first = createLoadBalancer(options);
    first.apply([theirs]);
    expect(() => openPinnedWriter(pins)).toThrow(
      expect.objectContaining({ code: 'LBX_PINS_IN_USE', data: { pins, pid: process.pid } }),
    );
    first.close();

    using writer = openPinnedWriter(pins);
    const written = writer.write(frontendsOf(ours), { project: {} });
    expect(written.result).toMatchObject({ failures: [], skipped: [] });
    expect(written.ops.every(({ op }) => op === 'set')).toBe(true);
    expect(optionsIn(written.after)).toMatchObject({ algorithm: 'random', wildcards: true });
    expect(writer.write(frontendsOf(ours), { project: {} }).ops).toEqual([]);
    expect(() => createLoadBalancer(options)).toThrow(expect.objectContaining({ code: 'LBX_PINS_IN_USE' }));
    writer.close();

    using second = createLoadBalancer(options);
    expect(second.apply([theirs, ours])).toMatchObject({ writes: 0, failed: [] });
    second.close();

    using pruner = openPinnedWriter(pins);
    pruner.write(frontendsOf(ours), { project: {}, prune: true });
    pruner.close();
    using opened = openPinnedTables({ bpffs: pins, folder: '' });
    const keys = [...opened.tables.lb4_services_v2!.entries()].map(([{ address }]) => address);
    expect(new Set(keys)).toEqual(new Set(['198.51.100.2']));
  });

  it('says so where nothing is pinned', () => {
    using folder = createBpffsFolder('core-writer');
    expect(() => openPinnedWriter(folder.path)).toThrow(expect.objectContaining({ code: 'LBX_NO_BPFFS' }));
  });
});
