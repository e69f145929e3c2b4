import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeKernel } from '@lbx/testing';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs the demo as a user does, on the sources. */
function startDemo(...args: string[]) {
  const child = spawn(process.execPath, ['--conditions=@lbx/source', main, 'demo', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += text;
  });
  child.stderr.on('data', (text) => {
    err += text;
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  return { child, ended, out: () => out, err: () => err };
}

const leftovers = () => [
  ...(existsSync('/run/netns')
    ? readdirSync('/run/netns').filter((name) => name.startsWith('lbx-demo-'))
    : []),
  ...(existsSync('/sys/fs/bpf') ? readdirSync('/sys/fs/bpf').filter((name) => name === 'lbx-demo') : []),
];

describeKernel('lbx demo', () => {
  it('passes after an earlier run was killed half way, and leaves nothing', async () => {
    // So many requests that it is not over before it is killed.
    const killed = startDemo('--requests', '1000000');
    await expect.poll(killed.out).toContain('2. Real requests');
    killed.child.kill('SIGKILL');
    expect(leftovers()).not.toEqual([]);

    const demo = startDemo('--json', '--requests', '200');
    const [code] = await demo.ended;
    expect(demo.err()).toBe('');
    const result = JSON.parse(demo.out());
    expect(result).toMatchObject({
      passed: true,
      explained: { passed: true },
      removal: { passed: true, after: 0, errors: 0 },
    });
    expect(
      result.spreads.map((spread: { requests: number; errors: number }) => [spread.requests, spread.errors]),
    ).toEqual([
      [200, 0],
      [200, 0],
      [200, 0],
    ]);
    expect(code).toBe(0);
    expect(leftovers()).toEqual([]);
  });
});
