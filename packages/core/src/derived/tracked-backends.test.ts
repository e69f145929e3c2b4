import { createMemoryTable, flowCatalog, type MapValue, serviceCatalog } from '@lbx/maps';
import { expect, it } from 'vitest';
import { backendName } from '../apply/backend-places.ts';
import { createBackendMetaKeeper } from './backend-meta.ts';
import { createKernelGate } from './gate.ts';
import { trackBackends } from './tracked-backends.ts';

type Backend = MapValue<'lb4_backends_v3'>;
const key = { backendId: 7 } as never;
const backend = (address: string, state = 0): Backend =>
  ({ address, port: 80, proto: 6, state, clusterId: 0, zone: 0 }) as Backend;

/** Backends in memory, with what is derived from them. */
function tracked() {
  const local = new Set<string>();
  const metaTable = createMemoryTable(flowCatalog.lbx_backend_meta);
  const gate = createKernelGate(16, () => {});
  const { table, refresh } = trackBackends(createMemoryTable(serviceCatalog.lb4_backends_v3), {
    meta: createBackendMetaKeeper(metaTable as never),
    gate,
    isLocal: (name) => local.has(name),
  });
  const meta = () => metaTable.get(key) as { generation: number; flags: number; state: number } | undefined;
  return { local, gate, table, refresh, meta };
}

it('has an odd generation while it exists, an even one after, and never an old one again', () => {
  const { table, meta } = tracked();
  table.set(key, backend('192.0.2.1'));
  expect(meta()?.generation).toBe(1);
  table.delete(key);
  expect(meta()?.generation).toBe(2);
  table.set(key, backend('192.0.2.9'));
  expect(meta()?.generation).toBe(3);
});

it('keeps its flows when only its state changes', () => {
  const { table, meta } = tracked();
  table.set(key, backend('192.0.2.1'));
  table.set(key, backend('192.0.2.1', 1));
  expect(meta()).toMatchObject({ generation: 1, state: 1 });
});

it('ends its flows when another address gets the id, and the gate forgets the old one', () => {
  const { local, gate, table, meta } = tracked();
  local.add(backendName('192.0.2.1', 80, 6));
  table.set(key, backend('192.0.2.1'));
  expect(gate.bits).toBe(1);
  table.set(key, backend('192.0.2.2'));
  expect(meta()).toMatchObject({ generation: 3, flags: 0 });
  expect(gate.bits).toBe(0);
});

it('ends its flows when it turns out to be on this node', () => {
  const { local, gate, table, refresh, meta } = tracked();
  table.set(key, backend('192.0.2.1'));
  const name = backendName('192.0.2.1', 80, 6);
  local.add(name);
  refresh([name]);
  expect(meta()).toMatchObject({ generation: 3, flags: 1 });
  expect(gate.bits).toBe(1);
  refresh();
  expect(meta()?.generation).toBe(3);
});
