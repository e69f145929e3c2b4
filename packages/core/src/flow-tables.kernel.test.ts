import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FlowDirection, flowCatalog, flowSet4, readFlowSet, type ServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addresses, createPacketWorld, type LbProcess } from '../test/packet-world.ts';

const target = `${addresses.service}:80`;
const answer = `${addresses.remote[0]}:8080 sees ${addresses.node}`;
const service: ServiceSpec = {
  name: 'default/web',
  frontends: [{ address: addresses.service, port: 80, protocol: 'TCP', type: 'LoadBalancer' }],
  backends: [{ address: addresses.remote[0], port: 8080, protocol: 'TCP' }],
};

describeKernel('the table of flows', () => {
  let world: Awaited<ReturnType<typeof createPacketWorld>>;
  let lb: LbProcess | undefined;
  beforeAll(async () => {
    world = await createPacketWorld();
  });
  afterAll(() => world.end());

  /** Another process takes the place of the one before, as after kill -9. */
  async function start(flowTable: 'lru' | 'buckets'): Promise<void> {
    await lb?.kill();
    lb = await world.start({ flowTable, flows: 4096, sweepSeconds: false });
    await lb.apply([service]);
  }
  const flowPins = () => readdirSync(world.pins).filter((name) => name.startsWith('lbx_flow'));
  const requestFlows = () => {
    using map = BpfMap.openPinned(join(world.pins, 'lbx_flow_set4'));
    const flows = [...readFlowSet(map.mmap(), map.maxEntries, flowSet4).entries()];
    return flows.filter(({ key }) => key.direction === FlowDirection.request);
  };

  it('as buckets: has the flows, and the next process knows them by the same secret', async () => {
    await start('buckets');
    expect(flowPins()).toEqual(['lbx_flow_set4']);
    using connection = asDisposable(world.connect(target));
    expect(await connection.next()).toBe(answer);
    expect(await connection.ask('one')).toContain('one');
    const [flow] = requestFlows();
    expect(flow).toMatchObject({ daddr: addresses.remote[0], key: { daddr: addresses.service, dport: 80 } });

    const found = () => {
      using map = BpfMap.openPinned(join(world.pins, 'lbx_flow_set4'));
      return readFlowSet(map.mmap(), map.maxEntries, flowSet4).find(
        flowCatalog.lbx_flow4.key.encode(flow!.key),
      );
    };
    expect(found()).toMatchObject({ sport: flow!.sport });
    const { note_new_flow: before } = (await lb!.status()).counters;
    await start('buckets');
    expect(await connection.ask('two')).toContain('two');
    expect(requestFlows().map(({ sport }) => sport)).toEqual([flow!.sport]);
    expect((await lb!.status()).counters).toMatchObject({ note_new_flow: before });
  });

  it('of another kind: has the flows of the one before, which is gone then', async () => {
    await start('buckets');
    using connection = asDisposable(world.connect(target));
    expect(await connection.next()).toBe(answer);
    const { note_new_flow: before } = (await lb!.status()).counters;
    for (const kind of ['lru', 'buckets'] as const) {
      await start(kind);
      expect(flowPins()).toEqual([kind === 'lru' ? 'lbx_flow4' : 'lbx_flow_set4']);
      expect(await connection.ask(kind)).toContain(kind);
      const { note_healed_flow, note_new_flow } = (await lb!.status()).counters;
      expect({ note_healed_flow, note_new_flow }).toEqual({
        note_healed_flow: undefined,
        note_new_flow: before,
      });
    }
    expect(new Set(world.ask(target, 5))).toEqual(new Set([answer]));
  });
});

function asDisposable<T extends { kill(): Promise<void> }>(lines: T): T & Disposable {
  return Object.assign(lines, { [Symbol.dispose]: () => void lines.kill() });
}
