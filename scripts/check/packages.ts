// What a user would install: each public package is packed, then publint and attw judge the tarball.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Step } from './step.ts';

const folders = ['libbpf-ts', 'maglev', 'maps', 'k8s-sync', 'core', 'cli']
  .map((name) => `packages/${name}`)
  .concat('bpf');

export const packages: readonly Step[] = folders.map((folder) => ({
  name: `package ${folder}`,
  run: () => {
    const target = mkdtempSync(join(tmpdir(), 'lbx-pack-'));
    try {
      return checkPacked(folder, target);
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  },
}));

function checkPacked(folder: string, target: string): string[] {
  const pack = run('pnpm', ['pack', '--pack-destination', target, '--json'], folder);
  if (pack.status !== 0) return [`pnpm pack failed in ${folder}: ${pack.output}`];
  const { filename } = JSON.parse(pack.stdout) as { filename: string };
  const tarball = filename.startsWith('/') ? filename : join(target, filename);
  const problems: string[] = [];
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as {
    scripts?: Record<string, string>;
  };
  for (const hook of ['preinstall', 'install', 'postinstall'])
    if (manifest.scripts?.[hook]) problems.push(`${folder}: a package of ours has no ${hook} script`);
  const publint = run('publint', ['run', tarball, '--strict']);
  if (publint.status !== 0) problems.push(`publint ${folder}: ${publint.output}`);
  const attw = run('attw', [tarball, '--profile', 'node16', '--format', 'ascii', '--no-color']);
  if (attw.status !== 0) problems.push(`attw ${folder}: ${attw.output}`);
  return problems;
}

function run(file: string, args: readonly string[], cwd = '.') {
  const result = spawnSync(file, args, { cwd, encoding: 'utf8' });
  return {
    status: result.status,
    stdout: result.stdout,
    output: `${result.stdout}${result.stderr}${result.error?.message ?? ''}`,
  };
}
