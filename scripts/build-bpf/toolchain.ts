// The one compiler whose output is kept in the tree, and the headers it reads.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** First lines of `--version`: another build of the same release may choose other instructions. */
const pinned = {
  'clang-19': 'Debian clang version 19.1.7 (3~deb12u1)',
  'llvm-strip-19': 'Debian LLVM version 19.1.7',
} as const;
const headerPackages = ['libbpf-dev', 'linux-libc-dev'] as const;

export interface Toolchain {
  readonly compiler: string;
  readonly strip: string;
  /** Debian package → version. */
  readonly headers: Readonly<Record<string, string>>;
  /** Folder of asm/types.h, which Debian keeps apart by machine. */
  readonly machineHeaders: string;
}

/**
 * Finds the pinned tools and the headers.
 * @throws Error that names all that is missing or of another version, and how to get it.
 */
export function findToolchain(): Toolchain {
  const problems: string[] = [];
  for (const [tool, version] of Object.entries(pinned)) {
    const found = versionLines(tool);
    if (found === undefined) problems.push(`${tool} is not installed`);
    else if (!found.some((line) => line.trim() === version))
      problems.push(`${tool} is '${found[0]}', the objects are built with '${version}'`);
  }
  const headers: Record<string, string> = {};
  for (const name of headerPackages) {
    const version = packageVersion(name);
    if (version === undefined) problems.push(`${name} is not installed`);
    else headers[name] = version;
  }
  const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const machineHeaders = `/usr/include/${machine}`;
  if (!existsSync(`${machineHeaders}/asm/types.h`)) problems.push(`${machineHeaders}/asm/types.h is missing`);
  if (problems.length > 0) {
    throw new Error(
      `cannot rebuild the BPF objects:\n  ${problems.join('\n  ')}\n` +
        'On Debian 12: apt-get install clang-19 llvm-19 libbpf-dev linux-libc-dev. (Running lbx needs none of them.)',
    );
  }
  return { compiler: pinned['clang-19'], strip: pinned['llvm-strip-19'], headers, machineHeaders };
}

function versionLines(tool: string): string[] | undefined {
  const result = spawnSync(tool, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim().split('\n') : undefined;
}

function packageVersion(name: string): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  const result = spawnSync('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Version}', name], {
    encoding: 'utf8',
  });
  const [status, version] = result.stdout?.trim().split(' ') ?? [];
  return result.status === 0 && status === 'installed' ? version : undefined;
}
