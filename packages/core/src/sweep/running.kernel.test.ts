import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { flowCatalog } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { expect, it } from 'vitest';
import { createNodeFixture } from '../../test/node-fixture.ts';
import { createKernelTable } from '../tables/kernel-table.ts';

describeKernel('a running load balancer', () => {
  it('gives memory of flows back that were over before it started', async () => {
    using fixture = createNodeFixture('core-sweep');
    const lb = fixture.start({ cgroup: false, sweepSeconds: 1, flowTable: 'lru' });
    using flows = BpfMap.openPinned(join(fixture.pins, 'lbx_flow4'));
    using reverse = BpfMap.openPinned(join(fixture.pins, 'lbx_rev6'));
    // All zero: last seen long ago, when the kernel counted its first jiffies.
    flows.set(new Uint8Array(flows.keySize).fill(1), new Uint8Array(flows.valueSize));
    const { key, value } = flowCatalog.lbx_rev6;
    const bucket = value.decode(new Uint8Array(value.size), undefined as never);
    const table = createKernelTable(reverse, flowCatalog.lbx_rev6);
    table.set({ index: 77 } as never, { ...bucket, tag: [0, 0, 5, 0, 0, 0, 9, 0] });
    expect(key.size).toBe(4);

    await expect
      .poll(() => lb.status().flows)
      .toEqual({
        lbx_flow4: { used: 0, freed: 1 },
        lbx_flow6: { used: 0, freed: 0 },
        lbx_rev4: { used: 0, freed: 0 },
        lbx_rev6: { used: 0, freed: 2 },
      });
    expect([...flows.keys()]).toEqual([]);
    expect(table.get({ index: 77 } as never)?.tag).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(fixture.notices.join()).not.toContain('giving back');
  });

  it.each(['lru', 'buckets'] as const)(
    'that keeps flows in %s holds no map open when it is closed',
    async (flowTable) => {
      using fixture = createNodeFixture('core-sweep-fds');
      const openMaps = () => readdirSync('/proc/self/fd').filter(isMap).length;
      const before = openMaps();
      const lb = fixture.start({ cgroup: false, sweepSeconds: 1, flowTable });
      expect(openMaps()).toBeGreaterThan(before);
      await expect.poll(() => Object.keys(lb.status().flows)).toContain('lbx_rev6');
      lb.close();
      expect(openMaps()).toBe(before);
    },
  );
});

/** A file may be closed between two looks: the one that the folder itself is read by. */
function isMap(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === 'anon_inode:bpf-map';
  } catch {
    return false;
  }
}
