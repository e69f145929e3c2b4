import { readFileSync } from 'node:fs';
import { parseManifest } from '@lbx/k8s-sync';
import { createFakeApiServer } from '@lbx/testing';
import { describe, expect, it } from 'vitest';
import { kubeconfigText } from '../../test/doctor/kubeconfig.ts';
import { manifests, run } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const web = readFileSync(`${manifests}/web.yaml`, 'utf8');
const node = ['--node', 'node-a'];
const dumpOf = async (...more: string[]) => (await run(['dump', '--plan', manifests, ...node, ...more])).out;

describe('lbx diff', () => {
  it('manifests and a dump of them are equal, with the options that the dump shows', async () => {
    using folder = temporaryFolder({ dump: await dumpOf('--algorithm', 'maglev', '--maglev-size', '251') });
    const { code, out, err } = await run(['diff', folder.file('dump'), manifests, ...node]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^equal: the dump .* and the manifests in .* \(\d+ entries\)$/);
  });

  it('tells by service what changed, once for all its frontends', async () => {
    using folder = temporaryFolder({ 'web.yaml': web.replace('203.0.113.2]', '203.0.113.9]') });
    const { code, lines } = await run(['diff', manifests, folder.path, ...node]);
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^different, from the manifests in .* to the manifests in /);
    expect(lines[1]).toBe('frontends: 4 changed; 6 entries differ');
    expect(lines.slice(2)).toEqual([
      '~ 0.0.0.0:30080/TCP  NodePort  shop/web',
      '~ 192.0.2.1:30080/TCP  NodePort  shop/web',
      '~ 198.51.100.10:80/TCP  ClusterIP  shop/web',
      '~ 198.51.100.80:80/TCP  LoadBalancer  shop/web',
      '  - backend 203.0.113.2:8080/TCP',
      '  + backend 203.0.113.9:8080/TCP',
    ]);
  });

  it('--entries and --json have every entry', async () => {
    const dump = await dumpOf();
    using folder = temporaryFolder({
      a: dump,
      b: dump.replace('203.0.113.2:8080/TCP active', '203.0.113.2:8080/TCP quarantined'),
    });
    const argv = ['diff', folder.file('a'), folder.file('b')];
    const { lines } = await run([...argv, '--entries']);
    expect(lines.at(-2)).toBe('entries that differ:');
    expect(lines.at(-1)).toBe('~ lb4_backends_v3 203.0.113.2:8080/TCP  state: active → quarantined');
    const parsed = JSON.parse((await run([...argv, '--json'])).out);
    expect(parsed).toMatchObject({ equal: false, entries: [{ map: 'lb4_backends_v3', change: 'changed' }] });
    expect(parsed.frontends).toHaveLength(4);
  });

  it('reads one side from standard input', async () => {
    const { code } = await run(['diff', '-', manifests, ...node], await dumpOf());
    expect(code).toBe(0);
  });

  it('compares with what an API server has, read once', async () => {
    await using server = await createFakeApiServer();
    server.put(...parseManifest(web, 'web.yaml').objects.map(({ object }) => object));
    using folder = temporaryFolder({
      config: kubeconfigText(server.url, undefined, {}),
      dump: await dumpOf(),
    });
    const cluster = ['--kubeconfig', folder.file('config'), ...node];
    const same = await run(['diff', folder.file('dump'), ...cluster]);
    expect(same).toMatchObject({ code: 0, err: '' });
    expect(same.out).toMatch(/^equal: the dump .* and the cluster of kubeconfig .* \(\d+ entries\)$/);
    expect(server.requestsFor('list', 'Service').length + server.requestsFor('watch', 'Service').length).toBe(
      1,
    );
    await expect.poll(() => server.watches).toEqual([]);
    server.delete('EndpointSlice', 'shop', 'web-1');
    const gone = await run(['diff', 'cluster', manifests, ...cluster]);
    expect(gone.code).toBe(1);
    expect(gone.lines).toContain('  + backend 203.0.113.2:8080/TCP');
  });

  it('an API server that does not answer ends it with what was tried', async () => {
    using folder = temporaryFolder({ config: kubeconfigText('http://127.0.0.1:1', undefined, {}) });
    const { code, err } = await run(['diff', manifests, '--kubeconfig', folder.file('config'), ...node]);
    expect(code).toBe(4);
    expect(err).toMatch(/not all could be read from the cluster of kubeconfig .*ECONNREFUSED/s);
  });

  it.each([
    ['nothing', [], 2, /diff of what\?/],
    ['a cluster that nobody named', ['cluster', manifests, ...node], 2, /--kubeconfig FILE/],
    ['a cluster without a node', ['--kubeconfig', '/nonexistent', manifests], 2, /--node NAME/],
    [
      'a kubeconfig that is not there',
      [manifests, '--kubeconfig', '/nonexistent', ...node],
      3,
      /\/nonexistent/,
    ],
    ['the same twice', ['-', '-'], 2, /both sides/],
    ['manifests without a node', [manifests, manifests], 2, /--node NAME/],
    ['what is not there', ['/nonexistent', manifests, ...node], 3, /cannot read \/nonexistent/],
  ])('%s', async (_, args, code, message) => {
    const ran = await run(['diff', ...args]);
    expect(ran.code).toBe(code);
    expect(ran.err).toMatch(message);
  });
});
