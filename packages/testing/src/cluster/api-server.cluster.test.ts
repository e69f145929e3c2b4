import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeCluster } from '../cluster-gate.ts';
import { startApiServer } from './api-server.ts';

describeCluster('startApiServer', () => {
  it('allocates, keeps its state over a restart, takes another token, and leaves nothing behind', async () => {
    const server = await startApiServer();
    const web = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };
    const made = await server.create({ ...web, spec: { ports: [{ port: 80 }] } });
    expect(made.spec).toMatchObject({ clusterIP: expect.stringMatching(/^198\.51\.100\.\d+$/) });
    await expect(server.create({ ...web, spec: { ports: [{ port: 80 }] } })).rejects.toThrow(
      expect.objectContaining({ code: 'LBX_TESTING_API', message: expect.stringContaining('409') }),
    );
    const before = server.token;
    await server.restart({ newToken: true });
    expect(server.token).not.toBe(before);
    expect(await server.read(web)).toMatchObject({ spec: made.spec });
    await server.compact();
    const folder = server.kubeconfig.replace(/\/[^/]*$/, '');
    expect(existsSync(folder)).toBe(true);
    server.close();
    expect(existsSync(folder)).toBe(false);
    await expect(server.read(web)).rejects.toThrow(expect.objectContaining({ code: 'LBX_TESTING_API' }));
  });

  it('ends with the process that started it, also when that is killed; the next start removes its files', async () => {
    const module = new URL('./api-server.ts', import.meta.url).href;
    const script = `const { startApiServer } = await import('${module}');
      console.log((await startApiServer()).kubeconfig);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const folder = line
      .toString()
      .trim()
      .replace(/\/[^/]*$/, '');
    expect(programsIn(folder)).toEqual(['etcd', 'kube-apiserver']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => programsIn(folder)).toEqual([]);
    (await startApiServer()).close();
    expect(existsSync(folder)).toBe(false);
  });
});

/** Names of the processes whose command line has this folder. */
function programsIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words.some((word) => word.includes(folder)) ? [(words[0] as string).replace(/.*\//, '')] : [];
      } catch {
        return []; // It has just ended.
      }
    })
    .sort();
}
