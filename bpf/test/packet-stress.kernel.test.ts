// All of the datapath on several CPUs at once, with more flows than its table holds: every frame that comes out is looked at.
// LBX_STRESS_SECONDS makes it last longer (default 1 a case).
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { flowTables } from './flow-map.ts';
import { type PacketStress, stressCounts } from './packet-stress-worker.ts';
import { createLab, families, type Lab } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

const SECONDS = Number(process.env.LBX_STRESS_SECONDS ?? 1);
const CLIENTS = 60;
/** Sixteen flows in two buckets; the kernel's LRU takes more than it is asked for. */
const FLOWS = 8;

type Counts = Record<(typeof stressCounts)[number], number>;

async function stress(lab: Lab, family: 4 | 6): Promise<Counts> {
  const counts = new SharedArrayBuffer(4 * stressCounts.length);
  const threads = Array.from({ length: Math.min(4, availableParallelism()) }, async (_, thread) => {
    const workerData: PacketStress = {
      family,
      xdpFd: lab.entry.fd,
      egressFd: lab.egress.fd,
      ifindex: lab.ifindex,
      clients: CLIENTS,
      seed: 1 + thread,
      ms: SECONDS * 1000,
      counts,
    };
    const worker = new Worker(new URL('./packet-stress-worker.ts', import.meta.url), {
      workerData,
      execArgv: ['--conditions=@lbx/source'],
      trackUnmanagedFds: false,
    });
    const [code] = await once(worker, 'exit');
    expect(code).toBe(0);
  });
  await Promise.all(threads);
  const seen = new Uint32Array(counts);
  return Object.fromEntries(stressCounts.map((name, i) => [name, seen[i]!])) as Counts;
}

describeKernel('the datapath on several CPUs', () => {
  it.each(families.flatMap((family) => flowTables.map((flowTable) => ({ family, flowTable }))))(
    'IPv$family, flows in $flowTable',
    { timeout: SECONDS * 1000 + 30_000 },
    async ({ family, flowTable }) => {
      const { service, backend, podBackend } = packetsOf(family);
      const backends = [backend(0), backend(1), backend(2), backend(3), podBackend];
      const frontends = (['TCP', 'UDP'] as const).map((protocol) =>
        service('LoadBalancer', backends, { protocol }),
      );
      using lab = createLab({ family, flowTable, flows: FLOWS, frontends });
      const seen = await stress(lab, family);
      const evicted = lab.count('note_flow_evicted');
      const healed = lab.count('note_healed_flow');
      if (process.env.LBX_STRESS_SECONDS) console.log(JSON.stringify({ ...seen, evicted, healed }));
      expect(seen.wrong).toBe(0);
      for (const what of ['requests', 'delivered', 'replies', 'answers'] as const)
        expect(seen[what], what).toBeGreaterThan(0);
      if (flowTable === 'buckets') {
        expect(evicted).toBeGreaterThan(0);
        expect(healed).toBeGreaterThan(0);
      }
    },
  );
});
