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

async function stressOnce(lab: Lab, family: 4 | 6, counts: SharedArrayBuffer, seed: number): Promise<void> {
  const threads = Array.from({ length: Math.min(4, availableParallelism()) }, async (_, thread) => {
    const workerData: PacketStress = {
      family,
      xdpFd: lab.entry.fd,
      egressFd: lab.egress.fd,
      ifindex: lab.ifindex,
      clients: CLIENTS,
      seed: seed + thread,
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
}

/** Until everything has happened that is to be seen: a machine that has other things to do takes longer. */
async function stress(lab: Lab, family: 4 | 6, isEnough: (seen: Counts) => boolean): Promise<Counts> {
  const counts = new SharedArrayBuffer(4 * stressCounts.length);
  for (let seed = 1; ; seed += 10) {
    await stressOnce(lab, family, counts, seed);
    const all = new Uint32Array(counts);
    const seen = Object.fromEntries(stressCounts.map((name, i) => [name, all[i]!])) as Counts;
    if (seen.wrong > 0 || isEnough(seen)) return seen;
  }
}

describeKernel('the datapath on several CPUs', () => {
  it.each(families.flatMap((family) => flowTables.map((flowTable) => ({ family, flowTable }))))(
    'IPv$family, flows in $flowTable',
    { timeout: SECONDS * 1000 + 300_000 },
    async ({ family, flowTable }) => {
      const { service, backend, podBackend } = packetsOf(family);
      const backends = [backend(0), backend(1), backend(2), backend(3), podBackend];
      const frontends = (['TCP', 'UDP'] as const).map((protocol) =>
        service('LoadBalancer', backends, { protocol }),
      );
      using lab = createLab({ family, flowTable, flows: FLOWS, frontends });
      const evicted = () => lab.count('note_flow_evicted');
      const healed = () => lab.count('note_healed_flow');
      const seen = await stress(
        lab,
        family,
        ({ requests, delivered, replies, answers }) =>
          Math.min(requests, delivered, replies, answers) > 0 &&
          (flowTable !== 'buckets' || Math.min(evicted(), healed()) > 0),
      );
      if (process.env.LBX_STRESS_SECONDS)
        console.log(JSON.stringify({ ...seen, evicted: evicted(), healed: healed() }));
      expect(seen.wrong).toBe(0);
    },
  );
});
