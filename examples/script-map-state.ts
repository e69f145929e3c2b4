// A test without kernel and root: write services into maps in memory, then ask where flows go.
import assert from 'node:assert/strict';
import {
  applyOps,
  createIds,
  createMemoryTables,
  dump,
  explain,
  frontendsOf,
  parseServiceSpec,
  plan,
  project,
  readSnapshot,
} from '@lbx/maps';

const tables = createMemoryTables();
const ids = createIds();
const serve = (backends: string[]) => {
  const web = parseServiceSpec({ name: 'web', frontends: ['198.51.100.1:80/TCP'], backends });
  const ops = plan(readSnapshot(tables), project(frontendsOf(web), {}, ids));
  return applyOps(tables, ops).done;
};
const ask = () =>
  explain(tables, {
    from: { address: '203.0.113.5', port: 40000 },
    to: { address: '198.51.100.1', port: 80 },
    protocol: 'TCP',
  });

console.log(`${serve(['192.0.2.10:8080'])} writes`);
for (const line of dump(tables)) console.log(`  ${line}`);
assert.equal(ask().backend?.address, '192.0.2.10');

console.log(`${serve(['192.0.2.11:8080'])} writes to exchange the backend`);
assert.equal(ask().backend?.address, '192.0.2.11');

console.log(`${serve([])} writes to take the last backend away`);
const { verdict, reason, steps } = ask();
assert.equal(verdict, 'reject');
console.log(`${verdict}: ${reason}`);
for (const { text } of steps) console.log(`  ${text}`);
