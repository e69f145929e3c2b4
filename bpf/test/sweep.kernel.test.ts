import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readObject } from '@lbx/bpf';
import { flowCatalog, type LbxRev4Bucket } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { load } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLab, hertz, type Lab } from './xdp-lab.ts';
import { backend, request, service } from './xdp-packets.ts';

const [MIN, MAX] = [40000, 40999];
const ports = MAX - MIN + 1;
const worker = fileURLToPath(new URL('./sweep-worker.ts', import.meta.url));

describeKernel('sweeping the reverse table', () => {
  let lab: Lab;
  beforeAll(() => {
    lab = createLab({ snatPorts: [MIN, MAX], flows: 16384 });
    lab.apply([service('LoadBalancer', [backend(0), backend(1)])]);
  });
  afterAll(() => lab.close());

  const buckets = () =>
    [...lab.tables.entries<{ index: number }, LbxRev4Bucket>(flowCatalog.lbx_rev4)].map(
      ([, bucket]) => bucket,
    );
  /** Entries in use, by whose they are. */
  const used = (isOurs: (client: string) => boolean) =>
    buckets().flatMap(({ tag, entry }) =>
      entry.filter((one, way) => tag[way] !== 0 && isOurs(one.clientAddr)),
    );
  const now = () => {
    using probe = load(readObject('probe'));
    return probe.program('lbx_probe_jiffies').testRun({ data: new Uint8Array(64) }).retval >>> 0;
  };
  const stranger = '198.51.100.250';

  /** Three flows in each bucket that were over long ago. */
  function fillWithOld(): void {
    const lastSeen = (now() - 9000 * hertz()) >>> 0;
    for (const [key, bucket] of lab.tables.entries<{ index: number }, LbxRev4Bucket>(flowCatalog.lbx_rev4)) {
      lab.tables.set(flowCatalog.lbx_rev4, key, {
        ...bucket,
        tag: bucket.tag.map((_, way) => (way < 3 ? 2 * way + 1 : 0)),
        entry: bucket.entry.map((one) => ({ ...one, proto: 6, clientAddr: stranger, lastSeen })),
      });
    }
  }

  it('takes no flow that lives, though flows are made all the while, and leaves none that is over', async () => {
    fillWithOld();
    const child = spawn(
      process.execPath,
      ['--conditions=@lbx/source', worker, String(lab.xdp.map('lbx_rev4').id), String(hertz())],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    try {
      expect((await lines.next()).value).toBe('sweeping');
      let made = 0;
      const flow = (n: number) =>
        request({ from: `203.0.113.${n % 250}`, sport: 2000 + Math.floor(n / 250), flags: ['syn'] });
      for (let n = 0; n < 600; n++) {
        const { verdict, counted } = lab.send(flow(n));
        expect(verdict, counted.join()).toBe('tx');
        expect(counted).not.toContain('note_flow_evicted');
        made++;
      }
      child.stdin.write('enough\n');
      const { rounds, freed } = JSON.parse((await lines.next()).value as string);
      expect(rounds).toBeGreaterThan(10);
      expect(freed).toBe(3 * ports);
      expect(used((client) => client !== stranger)).toHaveLength(made);
      expect(used((client) => client === stranger)).toHaveLength(0);
      expect(buckets().filter(({ version }) => version % 2 !== 0)).toHaveLength(0);
      // And all of them still answer.
      expect(lab.send(flow(7))).toMatchObject({ verdict: 'tx', counted: ['sent_request'] });
    } finally {
      child.kill('SIGKILL');
    }
  });
});
