// A small real thing done with each package, as a user's program would.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readObject } from '@lbx/bpf';
import { createLoadBalancer, openPinnedFlows, openPinnedTraffic } from '@lbx/core';
import { createMemoryLoadBalancer } from '@lbx/core/testing';
import { createTranslator, parseManifest } from '@lbx/k8s-sync';
import { assertTableSize } from '@lbx/maglev';
import { catalog, parseServiceSpec } from '@lbx/maps';
import { load } from 'libbpf-ts';
import { parseObject } from 'libbpf-ts/elf';

for (const entry of JSON.parse(readFileSync('entries.json', 'utf8'))) {
  const names = Object.keys(await import(entry));
  assert.ok(names.length > 0, `${entry} exports nothing`);
}
assert.throws(() => assertTableSize(1000));
const key = catalog.lb4_backends_v3.key.encode({ backendId: 7 });
assert.equal(Buffer.from(key).toString('hex'), '07000000');
assert.equal(
  parseServiceSpec({ name: 'web', frontends: ['198.51.100.1:80/TCP'], backends: ['192.0.2.10:8080'] }).name,
  'web',
);
// Bundling may rename classes; people are shown the name.
assert.throws(() => parseServiceSpec({}), { name: 'ServiceError', code: 'LBX_SERVICE_FIELD' });
assert.throws(() => createLoadBalancer({ device: 'eth0' }), { name: 'CoreError', code: 'LBX_BAD_OPTION' });
const { objects } = parseManifest(
  '{kind: Service, apiVersion: v1, metadata: {name: web}, spec: {}}',
  'web.yaml',
);
assert.equal(objects.length, 1);
assert.deepEqual(createTranslator({ nodeName: 'node' }).translate().frontends, []);
assert.ok(parseObject(readObject('sock')).programs.size > 0);
assert.equal(typeof createLoadBalancer, 'function');
assert.equal(typeof load, 'function');
openPinnedFlows({ bpffs: '/nonexistent' })[Symbol.dispose]();
openPinnedTraffic('/nonexistent')[Symbol.dispose]();
const lb = createMemoryLoadBalancer();
const web = { name: 'web', frontends: ['198.51.100.1:80/TCP'], backends: ['192.0.2.10:8080'] };
assert.equal(lb.apply([parseServiceSpec(web)]).frontends, 1);
await lb.checkDrift();
lb.close();
