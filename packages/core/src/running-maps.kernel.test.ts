import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeKernel } from '@lbx/testing';
import { BpfMap, BpfProgram, Link } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodeFixture, type NodeFixture } from '../test/node-fixture.ts';

describeKernel('status().mismatches', () => {
  let fixture: NodeFixture;
  beforeEach(() => {
    fixture = createNodeFixture('core-mismatch');
  });
  afterEach(() => fixture[Symbol.dispose]());

  it('none while everything is ours, also after a take-over', () => {
    expect(fixture.start().status().mismatches).toEqual([]);
  });

  it('names a hook whose program uses other maps, and goes when it is ours again', () => {
    const lb = fixture.start();
    // The programs of another load balancer, on maps of its own.
    const other = fixture.start({ pins: false, devices: [], podDevices: ['none*'] });
    const path = join(fixture.pins, 'links/cgroup_connect4');
    using link = Link.openPinned(path);
    const theirs = other.status().attachments.find(({ name }) => name === 'cgroup_connect4')?.programId ?? 0;
    using before = BpfProgram.fromId(link.info().programId);
    using foreign = BpfProgram.fromId(theirs);
    link.update(foreign);
    const mapId = (status: ReturnType<typeof lb.status>) =>
      status.maps.find(({ name }) => name === 'lb4_services_v2')?.id;
    expect(lb.status().mismatches).toContainEqual({
      map: 'lb4_services_v2',
      ours: mapId(lb.status()),
      theirs: mapId(other.status()),
      where: 'cgroup_connect4',
      message: expect.stringContaining('somebody else has replaced it'),
    });
    link.update(before);
    expect(lb.status().mismatches).toEqual([]);
  });

  it('names pins that are gone or hold another map', () => {
    const lb = fixture.start();
    const { ours } = { ours: lb.status().maps.find(({ name }) => name === 'lb4_backends_v3')?.id };
    rmSync(join(fixture.pins, 'lb6_backends_v3'));
    const path = join(fixture.pins, 'lb4_backends_v3');
    rmSync(path);
    using other = BpfMap.create({ name: 'other', type: 'hash', keySize: 4, valueSize: 4, maxEntries: 1 });
    other.pin(path);
    expect(lb.status().mismatches).toEqual([
      expect.objectContaining({ map: 'lb4_backends_v3', ours, theirs: other.id, where: path }),
      expect.objectContaining({ map: 'lb6_backends_v3', theirs: 0 }),
    ]);
  });
});
