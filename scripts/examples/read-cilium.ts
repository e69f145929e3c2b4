// The world of examples/read-cilium.ts: maps with Cilium's layout and names, pinned where Cilium pins them.
import { mkdirSync } from 'node:fs';
import { createKernelTable } from '@lbx/core';
import { createBpffsFolder } from '@lbx/core/testing';
import {
  type AnyLayout,
  type AnyTable,
  applyOps,
  ciliumPins,
  createIds,
  createMemoryTables,
  frontendsOf,
  parseServiceSpec,
  pinPath,
  plan,
  project,
  readSnapshot,
  serviceCatalog,
} from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { startExample } from './run-in-world.ts';

using folder = createBpffsFolder('cilium');
const place = { ...ciliumPins, bpffs: folder.path };
mkdirSync(`${folder.path}/${ciliumPins.folder}`, { recursive: true });
const web = parseServiceSpec({
  name: 'web',
  frontends: ['198.51.100.1:80/TCP'],
  backends: ['192.0.2.10:8080', '192.0.2.11:8080'],
});
const memory = createMemoryTables();
applyOps(memory, plan(readSnapshot(memory), project(frontendsOf(web), {}, createIds())));
for (const [name, layout] of Object.entries<AnyLayout>(serviceCatalog)) {
  if (layout.inner !== undefined) continue;
  const map = BpfMap.create({
    name: layout.name.slice(0, 15),
    type: layout.type,
    keySize: layout.key.size,
    valueSize: layout.valueSize,
    maxEntries: 256,
    flags: layout.flags,
  });
  const table: AnyTable = createKernelTable(map, layout);
  for (const [key, value] of (memory[name as keyof typeof memory] as AnyTable).entries())
    table.set(key, value);
  map.pin(pinPath(layout, place));
  map.close();
}
await using example = startExample('read-cilium', ['198.51.100.1:80', folder.path]);
await example.printed(/192\.0\.2\.11:8080\n$/);
