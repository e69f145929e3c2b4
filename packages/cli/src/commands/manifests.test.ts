import { readFileSync } from 'node:fs';
import { catalog, parseDump } from '@lbx/maps';
import { describe, expect, it } from 'vitest';
import { manifests, run } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const web = readFileSync(`${manifests}/web.yaml`, 'utf8');
const plan = (folder: string, ...more: string[]) => run(['plan', folder, '--node', 'node-a', ...more]);
const explain = (to: string, ...more: string[]) =>
  run(['explain', manifests, '--node', 'node-a', '--from', '203.0.113.9:4000', '--to', to, ...more]);

describe('lbx plan', () => {
  it('shows frontends and, in the order of writes, backends before services', async () => {
    const { code, out, err, lines } = await plan(manifests);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^198\.51\.100\.80:80\/TCP +LoadBalancer +shop\/web +2$/m);
    const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
    const backend = at('+ lb4_backends_v3 id=1 => 203.0.113.1:8080/TCP');
    const slot = at('+ lb4_services_v2 198.51.100.80:80/TCP ext slot=1 ');
    const master = at('+ lb4_services_v2 198.51.100.80:80/TCP ext slot=0 ');
    expect(backend).toBeGreaterThan(0);
    expect(slot).toBeGreaterThan(backend);
    expect(master).toBeGreaterThan(slot);
    expect(lines.at(-1)).toMatch(/^\d+ writes for \d+ frontends$/);
  });

  it('tells what the maps will take, and that Maglev tables are shared', async () => {
    const { out } = await plan(manifests, '--algorithm', 'maglev', '--cpus', '2');
    expect(out).toMatch(/^map +entries +size +memory$/m);
    expect(out).toMatch(/^lb4_services_v2 +\d+ +65536 +[\d.]+ MiB$/m);
    expect(out).toMatch(/^lb4_affinity +by packets +65536 +[\d.]+ MiB$/m);
    expect(out).toMatch(
      /^Maglev: \d+ tables for \d+ frontends, [\d.]+ KiB, [\d.]+ KiB if none were shared$/m,
    );
    expect(out).toMatch(/^ids of frontends: \d+ of 65534$/m);
    expect(out).toMatch(/^kernel memory of these maps: [\d.]+ MiB$/m);
    expect(out).not.toContain('does not fit');
  });

  it('--json writes one operation a line', async () => {
    const { lines } = await plan(manifests, '--json');
    const ops = lines.map((line) => JSON.parse(line));
    expect(ops[0]).toMatchObject({ op: 'set', map: 'lb4_backends_v3', key: { backendId: 1 } });
    for (const { map } of ops) expect(catalog).toHaveProperty(map);
  });

  it('shows Maglev tables in short', async () => {
    const { code, out } = await plan(manifests, '--algorithm', 'maglev', '--maglev-size', '251');
    expect(code).toBe(0);
    expect(out).toMatch(/^\+ lb4_maglev rev=\d+ => /m);
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThan(200);
  });

  it('a missing folder is 3', async () => {
    const { code, out, err } = await plan('/nonexistent/manifests');
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('/nonexistent/manifests');
  });

  it('a broken manifest alone is 3, with file and line', async () => {
    using folder = temporaryFolder({ 'bad.yaml': 'kind: Service\nspec: {ports: [\n' });
    const { code, err } = await plan(folder.path);
    expect(code).toBe(3);
    expect(err).toMatch(/nothing to serve in .*\n.*bad\.yaml:\d+/);
  });

  it('a broken manifest beside good ones is told, the others are planned, and the code is 3', async () => {
    using folder = temporaryFolder({ 'bad.yaml': 'kind: Service\nspec: {ports: [\n', 'web.yaml': web });
    const { code, err, lines } = await plan(folder.path);
    expect(code).toBe(3);
    expect(err).toMatch(/^problem: .*bad\.yaml:\d+/);
    expect(lines.at(-1)).toMatch(/^[1-9]\d* writes/);
  });

  it('an object with a bad field is told with its place', async () => {
    using folder = temporaryFolder({ 'web.yaml': web.replace('port: 80,', 'port: 80000,') });
    const { code, err } = await plan(folder.path);
    expect(code).toBe(3);
    expect(err).toMatch(/Service shop\/web \(web\.yaml:\d+\): spec\.ports\[0\]/);
  });

  it('a node that the manifests do not know is told with those that there are', async () => {
    const { code, err } = await run(['plan', manifests, '--node', 'node-b']);
    expect(code).toBe(3);
    expect(err).toContain("there is no Node 'node-b'");
    expect(err).toContain('the Nodes node-a');
  });

  it('an empty folder has nothing to write', async () => {
    using folder = temporaryFolder();
    const { code, err, lines } = await plan(folder.path);
    expect(code).toBe(3);
    expect(err).toContain('no Node at all');
    expect(lines.at(-1)).toBe('0 writes for 0 frontends');
  });
});

describe('lbx explain', () => {
  it('tells the backend and every look-up', async () => {
    const { code, lines, err } = await explain('198.51.100.80:80');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(lines[0]).toMatch(/^forward: backend \d, 203\.0\.113\.[12]:8080: /);
    expect(lines[1]).toBe('one of: 203.0.113.1:8080, 203.0.113.2:8080');
    expect(lines[2]).toMatch(/^ {2}1\. .*lb4_services_v2 .*198\.51\.100\.80/);
  });

  it('agrees with the Maglev table', async () => {
    const { code, out } = await explain('198.51.100.80:80', '--algorithm', 'maglev', '--json');
    expect(code).toBe(0);
    const { verdict, backend, steps } = JSON.parse(out);
    expect(verdict).toBe('forward');
    expect(['203.0.113.1', '203.0.113.2']).toContain(backend.address);
    expect(steps.some(({ map }: { map?: string }) => map === 'lb4_maglev')).toBe(true);
  });

  it.each([
    ['198.51.100.99:80', [], 'pass'],
    ['198.51.100.80:81', [], 'drop'],
    ['198.51.100.80:80', ['--proto', 'sctp'], 'drop'],
  ])('to %s %j no backend: 1', async (to, more, verdict) => {
    const { code, out } = await explain(to, ...more);
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^${verdict}: `));
  });

  it('a ClusterIP is for sockets', async () => {
    expect((await explain('198.51.100.10:80', '--via', 'node')).code).toBe(0);
    expect((await explain('198.51.100.10:80')).code).toBe(1);
  });

  it('NodePorts are at the addresses of the node', async () => {
    expect((await explain('192.0.2.1:30080', '--via', 'node')).code).toBe(0);
    expect((await explain('192.0.2.9:30080', '--via', 'node')).code).toBe(1);
  });

  it('ends of two IP versions are bad input: 3', async () => {
    const { code, err } = await explain('[2001:db8::1]:80');
    expect(code).toBe(3);
    expect(err).toContain('other IP version');
  });
});

describe('lbx dump --plan', () => {
  const dumpPlan = (...more: string[]) => run(['dump', '--plan', manifests, '--node', 'node-a', ...more]);

  it('writes sorted lines that can be read back', async () => {
    const { code, lines, err } = await dumpPlan();
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(lines).toContain('lb4_backends_v3 id=1 => 203.0.113.1:8080/TCP active');
    expect(parseDump(lines)).toHaveLength(lines.length);
  });

  it('--json is the same lines as an array', async () => {
    const { lines } = await dumpPlan();
    expect(JSON.parse((await dumpPlan('--json')).out)).toEqual(lines);
  });
});
