// What a user would install: each public package is packed, its files are looked at, then publint and attw judge the tarball.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packPackage } from '../release/pack-package.ts';
import { type PublicPackage, publicPackages } from '../release/public-packages.ts';
import { checkPackedFiles } from './packed-files.ts';
import type { Step } from './step.ts';

export const packages: readonly Step[] = publicPackages().map((each) => ({
  name: `package ${each.folder}`,
  run: () => {
    const target = mkdtempSync(join(tmpdir(), 'lbx-pack-'));
    try {
      return checkPacked(each, target);
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  },
}));

function checkPacked(each: PublicPackage, target: string): string[] {
  const packed = packPackage(each, target);
  const problems = checkPackedFiles(packed);
  const manifest = JSON.parse(readFileSync(`${each.folder}/package.json`, 'utf8')) as {
    scripts?: Record<string, string>;
  };
  for (const hook of ['preinstall', 'install', 'postinstall', 'prepare'])
    if (manifest.scripts?.[hook]) problems.push(`${each.name}: a package of ours has no ${hook} script`);
  const publint = run('publint', ['run', packed.tarball, '--strict']);
  if (publint.status !== 0) problems.push(`publint ${each.name}: ${publint.output}`);
  const attw = run('attw', [packed.tarball, '--profile', 'node16', '--format', 'ascii', '--no-color']);
  if (attw.status !== 0) problems.push(`attw ${each.name}: ${attw.output}`);
  return problems;
}

function run(file: string, args: readonly string[]) {
  const result = spawnSync(file, args, { encoding: 'utf8' });
  return {
    status: result.status,
    output: `${result.stdout}${result.stderr}${result.error?.message ?? ''}`,
  };
}
