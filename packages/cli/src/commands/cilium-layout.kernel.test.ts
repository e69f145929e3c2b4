import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openPinnedTables } from '@lbx/core';
import { type AnyLayout, catalog, parseHex, parseMapVectors } from '@lbx/maps';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, vectors } from '../../test/run.ts';

const plain = Object.values<AnyLayout>(catalog).filter(
  ({ type, inner, name }) => inner === undefined && !type.includes('percpu') && name !== 'lxc',
);

describeKernel("an installed Cilium's maps, read only", () => {
  const folder = createBpffsFolder('cilium-layout');
  const globals = join(folder.path, 'tc_globals');
  const place = { bpffs: globals, folder: '', prefix: 'cilium_' };
  const maps = new Map<string, BpfMap>();

  beforeAll(() => {
    mkdirSync(globals);
    for (const { name, type, flags, key, valueSize } of plain) {
      const map = BpfMap.create({ name, type, flags, keySize: key.size, valueSize, maxEntries: 1024 });
      map.pin(join(globals, `cilium_${name}`));
      maps.set(name, map);
    }
    // Keys and values that Cilium's own code encoded, paired as they come; each value fits its map, whatever the key.
    const found = parseMapVectors(readFileSync(vectors('cilium-1.20.2-maps.json'), 'utf8'));
    for (const [name, map] of maps) {
      const of = (kind: string) =>
        found.filter((one) => one.map === `cilium_${name}` && one.kind === kind && one.hex !== undefined);
      const values = of('value');
      of('key').forEach(({ hex }, i) => {
        const value = values[i % Math.max(1, values.length)]?.hex;
        if (hex !== undefined && value !== undefined) map.set(parseHex(hex), parseHex(value));
      });
    }
    // One service with two backends.
    const set = (map: string, key: string, value: string) =>
      maps.get(map)!.set(parseHex(key), parseHex(value));
    set('lb4_services_v2', 'c63364fe0050000006000000', '000000000200000960000000');
    set('lb4_services_v2', 'c63364fe0050010006000000', '4f0000000000000960000000');
    set('lb4_services_v2', 'c63364fe0050020006000000', '500000000000000960000000');
    set('lb4_backends_v3', '4f000000', 'c00002151f90060000000000');
    set('lb4_backends_v3', '50000000', 'c00002161f90060000000000');
    // A connection of 203.0.113.5:40000 to it, on the second.
    const entry = `${'00'.repeat(8)}5000000000000000${'00'.repeat(20)}10000009${'00'.repeat(16)}`;
    set('ct4_global', 'c63364fecb0071059c4000500604', entry);
  });
  afterAll(() => {
    for (const map of maps.values()) map.close();
    rmSync(globals, { recursive: true, force: true });
    folder.close();
  });

  const contents = () =>
    [...maps].map(([name, map]) => [
      name,
      [...map.entries()].map((pair) => pair.map((b) => Buffer.from(b).toString('hex'))).sort(),
    ]);
  const cilium = ['--layout', 'cilium', '--pins', globals];
  const to = ['--to', '198.51.100.254:80'];

  it('every reading command leaves them as they are', async () => {
    const before = contents();
    expect((await run(['dump', ...cilium])).lines).toContain(
      'lb4_backends_v3 id=79 => 192.0.2.21:8080/TCP active',
    );
    const known = await run(['explain', ...cilium, '--from', '203.0.113.5:40000', ...to, '--json']);
    expect(JSON.parse(known.out)).toMatchObject({
      code: 'established',
      backend: { id: 80, address: '192.0.2.22' },
      established: { map: 'ct4_global', valid: true },
      newFlow: { code: 'one-of-several' },
    });
    const fresh = await run(['explain', ...cilium, '--from', '203.0.113.5:40001', ...to, '--json']);
    expect(JSON.parse(fresh.out)).toMatchObject({
      code: 'one-of-several',
      confidence: { level: 'chance' },
    });
    for (const via of ['node', 'pod', 'outside'])
      expect((await run(['explain', ...cilium, '--via', via, '--from', '203.0.113.5:1', ...to])).code).toBe(
        0,
      );
    const status = await run(['status', ...cilium, '--json']);
    expect(JSON.parse(status.out)).toMatchObject({
      layout: 'cilium',
      pins: globals,
      maps: expect.arrayContaining([
        expect.objectContaining({ name: 'lb4_backends_v3', about: 'services' }),
        { name: 'ct4_global', about: 'flows', entries: expect.any(Number), maxEntries: 1024, refuses: false },
      ]),
    });
    expect(status.code).toBe(0);
    expect((await run(['status', ...cilium])).lines[0]).toMatch(
      /^healthy: the maps of a Cilium have \d+ frontends? in force$/,
    );
    expect(contents()).toEqual(before);
  });

  it('they are opened so that the kernel refuses a write', () => {
    using opened = openPinnedTables(place, { readOnly: true });
    const backends = opened.tables.lb4_backends_v3!;
    const [key, value] = [...backends.entries()][0]!;
    expect(() => backends.set(key, value)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(() => backends.delete(key)).toThrow(expect.objectContaining({ code: 'EPERM' }));
  });

  it('a layout that is not known is refused by name: other sizes, or a newer version', async () => {
    const pin = join(globals, 'cilium_lb4_services_v2');
    renameSync(pin, join(globals, 'cilium_lb4_services_v3'));
    const newer = await run(['explain', ...cilium, '--from', '203.0.113.5:1', ...to]);
    expect(newer).toMatchObject({ code: 4, out: '' });
    expect(newer.err).toMatch(
      /cilium_lb4_services_v3 is version 3 of this map, which .* cannot read: it knows version 2 \(cilium-1\.20\.2\)/,
    );
    renameSync(join(globals, 'cilium_lb4_services_v3'), join(globals, 'kept'));
    using other = BpfMap.create({ type: 'hash', keySize: 16, valueSize: 12, maxEntries: 1 });
    other.pin(pin);
    const sizes = await run(['dump', ...cilium]);
    expect(sizes).toMatchObject({ code: 4, out: '' });
    expect(sizes.err).toContain('is a hash with keys of 16 and values of 12 bytes');
    rmSync(pin);
    renameSync(join(globals, 'kept'), pin);
  });

  it('status says when a slot leads nowhere', async () => {
    const backends = maps.get('lb4_backends_v3')!;
    const id = parseHex('50000000');
    const kept = backends.get(id)!;
    backends.delete(id);
    const { code, lines } = await run(['status', ...cilium]);
    backends.set(id, kept);
    expect(code).toBe(1);
    expect(lines.slice(0, 2)).toEqual([
      'not healthy: 1 thing needs a look',
      '  IPv4: 1 slot leads to a backend that has no entry',
    ]);
  });
});
