import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

// Encodes a million entries, with addresses that are no small integers in V8 (2^31 and more).
const script = `
import { catalog, createBatch } from '@lbx/maps';
const services = createBatch(catalog.lb4_services_v2, 1000);
const backends = createBatch(catalog.lb6_backends_v3, 1000);
const entries = Array.from({ length: 1000 }, (_, i) => ({
  key: { address: '198.51.100.' + (i % 250), dport: i, backendSlot: i % 10, proto: 6, scope: 0 },
  value: { ...(i % 10 === 0 ? { affinityTimeout: { seconds: i, algorithm: 2 } } : { backendId: i }),
    count: 3, revNatIndex: i, flags: 96, flags2: 0, qcount: 0 },
  id: { backendId: i },
  backend: { address: '2001:db8::' + i.toString(16), port: i, proto: 6, state: 0, clusterId: 0, zone: 0 },
}));
function round() {
  services.clear();
  backends.clear();
  for (const { key, value, id, backend } of entries) {
    services.push(key, value);
    backends.push(id, backend);
  }
}
for (let i = 0; i < 300; i++) round();
gc();
console.log('measured from here');
for (let i = 0; i < 500; i++) round();
`;

it('encoding allocates nothing', () => {
  const flags = ['--trace-gc', '--expose-gc', '--min-semi-space-size=1', '--max-semi-space-size=1'];
  const args = [
    ...flags,
    '--conditions=@lbx/source',
    '--no-warnings',
    '--input-type=module',
    '--eval',
    script,
  ];
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    cwd: import.meta.dirname,
  });
  expect(status).toBe(0);
  const measured = stdout.slice(stdout.indexOf('measured from here'));
  const collections = measured.split('\n').filter((line) => /Scavenge|Mark-Compact/.test(line));
  // Two bytes per entry would be two collections; optimization itself may cause one or two.
  expect(collections.length).toBeLessThanOrEqual(2);
});
