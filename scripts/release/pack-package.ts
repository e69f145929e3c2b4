import { spawnSync } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { PublicPackage } from './public-packages.ts';

export interface PackedPackage extends PublicPackage {
  /** The tarball. */
  readonly tarball: string;
  /** Where it was unpacked. */
  readonly unpacked: string;
  /** "dist/index.js", sorted. */
  readonly files: readonly string[];
  readonly packedBytes: number;
  /** Sum of the files. */
  readonly unpackedBytes: number;
}

/**
 * Packs a package as it is published, and unpacks it again.
 *
 * @throws Error when pnpm or tar fails, with what it said
 */
export function packPackage(each: PublicPackage, target: string): PackedPackage {
  const said = run('pnpm', ['pack', '--pack-destination', target, '--json'], each.folder);
  const tarball = resolve(target, (JSON.parse(said) as { filename: string }).filename);
  const unpacked = mkdtempSync(join(target, 'unpacked-'));
  run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1'], '.');
  const found = run('find', ['.', '-type', 'f'], unpacked);
  const files = found
    .split('\n')
    .filter((file) => file !== '')
    .map((file) => file.slice('./'.length))
    .sort();
  const sizes = files.map((file) => statSync(join(unpacked, file)).size);
  return {
    ...each,
    tarball,
    unpacked,
    files,
    packedBytes: statSync(tarball).size,
    unpackedBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

function run(file: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`'${file} ${args.join(' ')}' failed in ${cwd}: ${error?.message ?? stdout + stderr}`);
  return stdout;
}
