import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCgroup, describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** `lbx doctor` in a process that has less than this one. */
function doctor(privileges: readonly string[], args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const lbx = [process.execPath, '--conditions=@lbx/source', main, 'doctor', '--json', ...args];
  return report(['setpriv', ...privileges, '--', ...lbx], env);
}

/** What such a command line finds. */
function report([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { stdout, status } = spawnSync(command, args, {
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
  });

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
  });

  it('in a container: its own cgroup root is not taken for that of the machine, which is seen where it is mounted', () => {
    using cgroup = createCgroup('doctor');
    const root = dirname(cgroup.path);
    // As a container runtime does: a cgroup below, a namespace there, and its root in the usual place; the machine's elsewhere.
    const script = `
      echo $$ > "$0/cgroup.procs"
      root=$1
      shift
      exec unshare --cgroup --mount --propagation private sh -ec '
        mount -t tmpfs none /mnt && mkdir /mnt/host /mnt/first
        mount --bind "$0" /mnt/first
        umount "$0" && mount -t cgroup2 none "$0"
        mount --bind /mnt/first /mnt/host && umount /mnt/first
        exec "$@"' "$root" "$@"`;
    const lbx = [
      process.execPath,
      '--conditions=@lbx/source',
      main,
      'doctor',
      '--json',
      '--only',
      'cgroup-sockets',
    ];
    const inContainer = (...command: string[]) =>
      report(['sh', '-ec', script, cgroup.path, root, ...command]).of('cgroup-sockets');
    const part = { status: 'fail', about: 'namespace', remedy: expect.stringContaining('hostPath') };
    expect(inContainer(...lbx)).toMatchObject([part]);
    expect(inContainer(...lbx, '--cgroup', root)).toMatchObject([part]);
    expect(inContainer(...lbx, '--cgroup', '/mnt/host')).toMatchObject([{ status: 'ok' }]);
    // A pod on a node that is a container itself: the root of that node is all there is to balance.
    const pod = 'mkdir -p "$0/pod"; echo $$ > "$0/pod/cgroup.procs"; exec unshare --cgroup "$@"';
    expect(inContainer('sh', '-ec', pod, root, ...lbx, '--cgroup', root)).toMatchObject([
      { status: 'ok' },
      { status: 'note', about: 'part', found: expect.stringContaining('the node itself is a container') },
    ]);
  });

  it('without libbpf: says how to install it', () => {
    const found = doctor([], ['--only', 'libbpf', 'jit'], { LIBBPF_PATH: '/nonexistent/libbpf.so.1' });
    expect(found.of('libbpf')).toMatchObject([
      { status: 'fail', remedy: expect.stringContaining('install') },
    ]);
    expect(found.status).toBe(1);
  });
});
