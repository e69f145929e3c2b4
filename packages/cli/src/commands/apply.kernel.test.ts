import { readFileSync, writeFileSync } from 'node:fs';
import { openPinnedWriter } from '@lbx/core';
import { parseManifest } from '@lbx/k8s-sync';
import { createBpffsFolder, createCgroup, createFakeApiServer, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import { kubeconfigText } from '../../test/doctor/kubeconfig.ts';
import { manifests, run } from '../../test/run.ts';
import { temporaryFolder } from '../../test/temporary-folder.ts';

const service = (name: string, address: string, ...backends: string[]) =>
  `apiVersion: lbx/v1\nkind: Service\nname: ${name}\nfrontends: [${address}:80/TCP]\nbackends: [${backends.join(', ')}]\n`;

describeKernel('lbx apply', () => {
  it('loads a datapath where none is, writes to it, keeps or prunes others, and refuses while somebody else has it', async () => {
    using folder = createBpffsFolder('cli-apply');
    using cgroup = createCgroup('cli-apply');
    using files = temporaryFolder({ 'web.yaml': service('web', '198.51.100.1', '192.0.2.1:80') });
    const pins = `${folder.path}/pins`;
    const apply = (...args: string[]) => run(['apply', files.path, '--pins', pins, ...args]);

    const nowhere = await apply();
    expect(nowhere.code).toBe(4);
    expect(nowhere.err).toContain('--device IF');
    const first = await apply('--cgroup', cgroup.path);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.lines[0]).toMatch(/^loaded and attached: cgroup_/);
    expect((await apply()).out).toBe(`nothing to do: ${pins} has it all`);

    writeFileSync(files.file('web.yaml'), service('db', '198.51.100.2', '192.0.2.2:80'));
    const dry = await apply('--dry-run', '--prune');
    expect(dry.out).toContain('- 198.51.100.1:80/TCP  LoadBalancer');
    const beside = await apply();
    expect(beside).toMatchObject({ code: 0, err: '' });
    expect(beside.lines[0]).toMatch(/^applied: \d+ writes to .*, read back as wanted$/);
    expect(beside.out).not.toContain('198.51.100.1');
    expect((await run(['dump', '--pins', pins])).out).toContain('198.51.100.1:80/TCP');
    expect((await apply('--device', 'lo')).code).toBe(2);

    const pruned = await apply('--prune');
    expect(pruned.out).toContain('- 198.51.100.1:80/TCP  LoadBalancer');
    expect((await run(['diff', files.path, '--pins', pins])).code).toBe(0);

    await using server = await createFakeApiServer();
    server.put(
      ...parseManifest(readFileSync(`${manifests}/web.yaml`, 'utf8'), 'web.yaml').objects.map(
        ({ object }) => object,
      ),
    );
    using config = temporaryFolder({ config: kubeconfigText(server.url, undefined, {}) });
    const cluster = ['--kubeconfig', config.file('config'), '--node', 'node-a', '--pins', pins];
    const all = await run(['apply', ...cluster, '--prune']);
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.lines).toContain('+ 198.51.100.80:80/TCP  LoadBalancer  shop/web');
    expect(await run(['diff', ...cluster])).toMatchObject({ code: 0, err: '' });

    using busy = openPinnedWriter(pins);
    const refused = await apply();
    expect(refused.code).toBe(4);
    expect(refused.err).toContain(`process ${process.pid}`);
    busy.close();
    expect((await run(['cleanup', '--pins', pins])).code).toBe(0);
  });
});
