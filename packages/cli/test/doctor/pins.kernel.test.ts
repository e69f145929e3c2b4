import { renameSync, unlinkSync } from 'node:fs';
import { createLoadBalancer, type LoadBalancer, removePinned } from '@lbx/core';
import { flowCatalog } from '@lbx/maps';
import {
  type BpffsFolder,
  type Cgroup,
  createBpffsFolder,
  createCgroup,
  createNetns,
  describeKernel,
} from '@lbx/testing';
import { BpfMap, inNetns } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lookHere } from './look.ts';

describeKernel('lbx doctor on what is pinned', () => {
  let folder: BpffsFolder;
  let cgroup: Cgroup;
  let lb: LoadBalancer;
  const pins = () => `${folder.path}/lbx`;
  const look = (id: string) => lookHere(id, { pins: pins(), cgroup: cgroup.path, devices: ['lo'] });
  const start = () => createLoadBalancer({ cgroup: cgroup.path, pins: pins(), nodeAddresses: [] });
  beforeEach(() => {
    folder = createBpffsFolder('doctor');
    cgroup = createCgroup('doctor');
    lb = start();
    lb.apply([
      {
        name: 'shop/web',
        frontends: [{ address: '198.51.100.1', port: 80, protocol: 'TCP', type: 'ClusterIP' }],
        backends: [{ address: '192.0.2.10', port: 8080, protocol: 'TCP' }],
      },
    ]);
  });
  afterEach(() => {
    lb.close();
    removePinned(pins(), { force: true });
    cgroup.close();
    folder.close();
  });

  it('is content with a load balancer that runs, and says which process it is', async () => {
    expect(await look('pins')).toMatchObject([
      { status: 'ok', found: expect.stringContaining(`process ${process.pid}`) },
    ]);
    for (const id of ['links', 'map-ids', 'layouts', 'map-pressure', 'derived-state'])
      expect(await look(id)).toMatchObject([{ id, status: 'ok' }]);
    expect(await look('cgroup-programs')).toMatchObject([{ status: 'ok' }]);
    expect(await look('drops')).toMatchObject([{ status: 'skipped' }]);
  });

  it('takes a folder of other files for one without pins', async () => {
    expect(await lookHere('pins', { pins: '/etc' })).toMatchObject([
      { status: 'ok', found: expect.stringContaining('nothing is pinned in /etc') },
    ]);
    expect(await lookHere('links', { pins: '/etc' })).toMatchObject([{ status: 'skipped' }]);
  });

  it('finds that no process keeps it', async () => {
    lb.close();
    expect(await look('pins')).toMatchObject([
      { status: 'warn', remedy: expect.stringContaining('lbx cleanup') },
    ]);
    // It gave the lock back.
    lb = start();
  });

  it('finds a map that was replaced under the programs', async () => {
    const path = `${pins()}/lb4_services_v2`;
    using before = BpfMap.openPinned(path);
    const { keySize, valueSize, maxEntries } = before;
    const flags = before.info().flags;
    using other = BpfMap.create({
      name: 'lb4_services_v2',
      type: 'hash',
      keySize,
      valueSize,
      maxEntries,
      flags,
    });
    other.pin(`${path}:new`);
    renameSync(`${path}:new`, path);
    const found = await look('map-ids');
    expect(found).toContainEqual(
      expect.objectContaining({
        status: 'fail',
        about: 'cgroup_connect4 lb4_services_v2',
        found: `the program uses map ${before.id}, pinned is map ${other.id}: entries go nowhere`,
      }),
    );
  });

  it('finds a map of another layout', async () => {
    const path = `${pins()}/lb4_reverse_nat`;
    unlinkSync(path);
    using other = BpfMap.create({
      name: 'lb4_reverse_nat',
      type: 'hash',
      keySize: 2,
      valueSize: 16,
      maxEntries: 1,
    });
    other.pin(path);
    expect(await look('layouts')).toMatchObject([{ status: 'fail', about: 'lb4_reverse_nat' }]);
    other.set(Uint8Array.of(1, 0), new Uint8Array(16));
    expect(await look('map-pressure')).toMatchObject([{ status: 'fail', about: 'lb4_reverse_nat' }]);
  });

  it('finds links whose cgroup is gone', async () => {
    cgroup.close();
    // The kernel takes programs off a cgroup a moment after its folder is gone.
    const failed = async () =>
      (await lookHere('links', { pins: pins(), cgroup: true })).filter(({ status }) => status === 'fail');
    await expect.poll(async () => (await failed()).length).toBeGreaterThan(5);
    expect((await failed())[0]?.found).toMatch(/not attached any more/);
  });

  it('finds a gate that was closed', async () => {
    using gate = BpfMap.openPinned(`${pins()}/lbx_gate`);
    const { size } = flowCatalog.lbx_gate.value;
    for (const { keys, values, count } of gate.readBatches() ?? []) {
      const open = Array.from({ length: count }, (_, i) => i).filter((i) =>
        values.subarray(i * size, (i + 1) * size).some((byte) => byte !== 0),
      );
      for (const i of open) gate.set(keys.slice(4 * i, 4 * i + 4), new Uint8Array(size));
    }
    expect(await look('derived-state')).toMatchObject([
      { status: 'fail', about: 'gate', found: expect.stringMatching(/closed for some of the \d+ endpoints/) },
    ]);
  });

  it('reads the counters of packet programs', async () => {
    using node = createNetns('doctor');
    node.exec('ip', ['link', 'add', 'eth0', 'type', 'veth', 'peer', 'eth1']);
    node.exec('ip', ['link', 'set', 'eth0', 'up']);
    node.addAddress('eth0', '192.0.2.1/24');
    lb.close();
    lb = inNetns(node.path, () =>
      createLoadBalancer({ devices: ['eth0'], families: [4], cgroup: false, pins: pins() }),
    );
    expect(await look('drops')).toMatchObject([{ status: 'ok' }]);
    using counters = BpfMap.openPinned(`${pins()}/lbx_counters`);
    const { key, value } = flowCatalog.lbx_counters;
    // drop_forwarding_disabled
    const values = counters.get(key.encode({ reason: 79 })) as Uint8Array;
    value.put(
      new DataView(values.buffer, values.byteOffset),
      0,
      { packets: 5n, bytes: 500n },
      { reason: 79 },
    );
    counters.set(key.encode({ reason: 79 }), values);
    expect(await look('drops')).toMatchObject([{ status: 'warn', about: 'drop_forwarding_disabled' }]);
    // Its device is in another network namespace than this process.
    expect(await look('links')).toContainEqual(
      expect.objectContaining({ status: 'warn', about: 'tc_ingress_eth0' }),
    );
  });
});
