// One BPF object from one source, such that the same sources give the same bytes anywhere.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Toolchain } from './toolchain.ts';

/** As they stand in the manifest; the folders that differ between machines are added by `compileObject`. */
export const flags: readonly string[] = [
  '-target',
  'bpfel',
  '-mcpu=v3',
  '-std=gnu11',
  '-O2',
  '-g',
  '-fno-builtin',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Ibpf/include',
];

/** What clang calls when it does not unroll a copy, clear or comparison: the kernel has none of them. */
const memoryFunctions = ['memcpy', 'memmove', 'memset', 'memcmp', 'bcmp', 'bzero'];

export interface CompiledObject {
  readonly bytes: Buffer;
  /** Our own sources and headers that went in, relative to the root, sorted. */
  readonly sources: readonly string[];
}

/**
 * Compiles `source` (relative to `root`), with `defines` (`-DNAME=VALUE`) besides the flags, and strips it to code, maps and BTF.
 * @throws Error with the compiler's words, on warnings too, and when a call to a memory function is left.
 */
export function compileObject(
  root: string,
  source: string,
  toolchain: Toolchain,
  defines: readonly string[] = [],
): CompiledObject {
  const scratch = mkdtempSync(join(tmpdir(), 'lbx-bpf-'));
  try {
    const object = join(scratch, 'object.o');
    const dependencies = join(scratch, 'object.d');
    const machine = ['-idirafter', toolchain.machineHeaders];
    const paths = [`-ffile-prefix-map=${root}=.`, '-fdebug-compilation-dir=.', '-MD', '-MF', dependencies];
    run(root, 'clang-19', [...flags, ...defines, ...machine, ...paths, '-c', source, '-o', object], source);
    run(root, 'llvm-strip-19', ['-g', object], source);
    const undefinedSymbols = run(root, 'llvm-nm-19', ['-u', '-j', object], source).split('\n');
    const called = memoryFunctions.filter((name) => undefinedSymbols.includes(name));
    if (called.length > 0) {
      throw new Error(`${source} calls ${called.join(', ')}, which BPF does not have; use lbx/mem.h`);
    }
    return { bytes: readFileSync(object), sources: ownSources(readFileSync(dependencies, 'utf8')) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Our files in a make rule, "object.o: a.c bpf/include/b.h \ …": those with a path that is not absolute. */
function ownSources(rule: string): string[] {
  const files = rule
    .replaceAll('\\\n', ' ')
    .slice(rule.indexOf(': ') + 2)
    .trim()
    .split(/\s+/);
  return [...new Set(files.filter((file) => !file.startsWith('/')))].sort();
}

function run(cwd: string, tool: string, args: readonly string[], source: string): string {
  // A bare environment: CPATH, C_INCLUDE_PATH and the like would change what is compiled.
  const env = { PATH: process.env.PATH, LC_ALL: 'C' };
  const result = spawnSync(tool, args, { cwd, env, encoding: 'utf8', timeout: 120_000 });
  if (result.status === 0) return result.stdout;
  throw new Error(`${source}: ${tool} failed\n${result.error?.message ?? result.stderr}`);
}
