import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';

const script = `
  import { readObject } from '@lbx/bpf';
  import { load } from 'libbpf-ts';
  process.on('SIGUSR2', () => {});
  process.send('ready');
  process.once('message', () => {
    load(readObject('xdp4'))[Symbol.dispose]();
    process.exit(0);
  });`;

describeKernel('signals', () => {
  it('that come by the thousand do not keep a large program from being loaded', async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=@lbx/source', '--input-type=module-typescript', '-e', script],
      { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    );
    let said = '';
    child.stderr!.on('data', (text) => (said += text));
    await once(child, 'message');
    const storm = spawn('sh', ['-c', `while kill -USR2 ${child.pid}; do :; done`], { stdio: 'ignore' });
    try {
      child.send('load');
      await once(child, 'exit');
      expect(said).toBe('');
      expect(child.exitCode).toBe(0);
    } finally {
      storm.kill('SIGKILL');
      child.kill('SIGKILL');
    }
  });
});
