import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** `lbx doctor` in a process that has less than this one. */
function doctor(privileges: readonly string[], args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const lbx = [process.execPath, '--conditions=@lbx/source', main, 'doctor', '--json', ...args];
  const { stdout, status } = spawnSync('setpriv', [...privileges, '--', ...lbx], {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  return { status, of: (id: string) => findings.filter((one) => one.id === id) };
}

describeKernel('lbx doctor with fewer privileges', () => {
  it('as root without them: names them, and the checks that were refused', () => {
    const less = '-sys_admin,-bpf,-net_admin';
    const found = doctor(
      [`--bounding-set=${less}`, `--inh-caps=${less}`],
      ['--only', 'capabilities', 'jit', 'kube-proxy', 'open-files'],
    );
    expect(found.status).toBe(1);
    expect(found.of('capabilities')).toMatchObject([
      { status: 'fail', found: expect.stringMatching(/CAP_NET_ADMIN.*CAP_BPF/) },
    ]);
    expect(found.of('jit')).toMatchObject([
      { status: 'skipped', found: expect.stringContaining('not allowed') },
    ]);
    expect(found.of('kube-proxy')).toMatchObject([{ status: 'skipped' }]);
    expect(found.of('open-files')).toMatchObject([{ status: 'ok' }]);
  }, 60_000);

  it('as another user: skips what needs root, and says so', () => {
    const found = doctor(
      ['--reuid=65534', '--regid=65534', '--clear-groups'],
      ['--pins', '/sys/fs/bpf/lbx-none'],
    );
    expect(found.of('programs')).toMatchObject([
      { status: 'skipped', found: 'needs root', remedy: expect.stringContaining('sudo') },
    ]);
    expect(found.of('libbpf')).toMatchObject([{ status: 'ok' }]);
    expect(found.of('device')).not.toMatchObject([{ status: 'skipped' }]);
  }, 60_000);

  it('without libbpf: says how to install it', () => {
    const found = doctor([], ['--only', 'libbpf', 'jit'], { LIBBPF_PATH: '/nonexistent/libbpf.so.1' });
    expect(found.of('libbpf')).toMatchObject([
      { status: 'fail', remedy: expect.stringContaining('install') },
    ]);
    expect(found.status).toBe(1);
  }, 60_000);
});
