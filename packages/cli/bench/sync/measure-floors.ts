import {
  catalog,
  createBatch,
  createIds,
  createMemoryTables,
  frontendsOf,
  type MapLayout,
  type Op,
  parseServiceSpec,
  plan,
  project,
  readSnapshot,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { clusterObjects, endpointAddress, endpointsEach, serviceAddress } from './objects.ts';
import { type Series, sizeName } from './rows.ts';

const RUNS = 5;

export const floorNames = (services: number) =>
  ({
    read: `floor-${sizeName(services)}-read`,
    write: `floor-${sizeName(services)}-write`,
  }) as const;

/** The least that a start with so many services can take: the text of their objects parsed, their entries written. */
export function measureFloors(series: Series, services: number): void {
  const { read, write } = floorNames(services);
  const text = JSON.stringify({ items: clusterObjects(0, services, true) });
  for (let run = 0; run < RUNS; run++)
    series.add(
      read,
      'ms',
      time(() => JSON.parse(text)),
    );

  const encoded = encode(entriesOf(services));
  for (let run = 0; run < RUNS; run++) {
    using maps = new DisposableStack();
    const targets = encoded.map(
      ({ layout, batch }) => [maps.use(createMap(layout, batch.count)), batch] as const,
    );
    series.add(
      write,
      'ms',
      time(() => {
        for (const [map, { keys, values, count }] of targets) map.updateBatch(keys, values, { count });
      }),
    );
  }
}

function time(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function entriesOf(services: number): readonly Op[] {
  const frontends = Array.from({ length: services }, (_, n) =>
    frontendsOf(
      parseServiceSpec({
        name: `default/s${n}`,
        frontends: [{ address: serviceAddress(n), port: 80, protocol: 'TCP', type: 'ClusterIP' }],
        backends: Array.from({ length: endpointsEach }, (_, i) => `[${endpointAddress(n, i)}]:8080`),
      }),
    ),
  ).flat();
  return plan(readSnapshot(createMemoryTables()), project(frontends, { algorithm: 'random' }, createIds()));
}

function encode(ops: readonly Op[]) {
  const names = [...new Set(ops.map(({ map }) => map))];
  return names.map((name) => {
    const layout = catalog[name] as MapLayout<unknown, unknown>;
    const entries = ops.flatMap((op) => (op.op === 'set' && op.map === name ? [op] : []));
    const batch = createBatch(layout, entries.length);
    for (const { key, value } of entries) batch.push(key, value);
    return { layout, batch };
  });
}

function createMap({ type, flags, key, valueSize }: MapLayout<unknown, unknown>, count: number): BpfMap {
  // As many as there are entries, and half as many again.
  const maxEntries = Math.ceil(1.5 * count);
  return BpfMap.create({ name: 'lbx_bench', type, flags, keySize: key.size, valueSize, maxEntries });
}
