import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { installCommand } from './libbpf.ts';

test.each([
  ['ID=debian\nVERSION_ID="12"', 'apt-get install libbpf1'],
  ['ID=linuxmint\nID_LIKE="ubuntu debian"', 'apt-get install libbpf1'],
  ['ID=fedora', 'dnf install libbpf'],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"', 'dnf install libbpf'],
  ['ID=alpine', 'apk add libbpf'],
  ['', 'apt-get install libbpf1, dnf install libbpf, apk add libbpf'],
])('installation on %j', (release, command) => {
  expect(installCommand(release)).toContain(command);
});

test('a library that cannot be loaded is an error with the command that installs it', () => {
  const script = `
    import { libbpf } from ${JSON.stringify(new URL('./libbpf.ts', import.meta.url).href)};
    try { libbpf(); } catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message, hint: error.hint })); }`;
  const output = execFileSync(
    process.execPath,
    ['--conditions=@lbx/source', '--input-type=module', '-e', script],
    {
      env: { ...process.env, LIBBPF_PATH: '/nonexistent/libbpf.so.1' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const error = JSON.parse(output);
  expect(error.code).toBe('LBX_LIBBPF_MISSING');
  expect(error.message).toContain('/nonexistent/libbpf.so.1 (from LIBBPF_PATH)');
  expect(error.hint).toMatch(/install.*LIBBPF_PATH/);
});
