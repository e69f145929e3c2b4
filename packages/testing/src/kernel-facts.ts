import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** What the kernel gate looks at. */
export interface KernelFacts {
  readonly uid: number;
  /** The mask `CapEff` of /proc/self/status. */
  readonly capabilities: bigint;
  /** /proc/filesystems. */
  readonly filesystems: string;
  /** True when libbpf.so.1 can be found. */
  readonly libbpf: boolean;
  /** The commands of iproute2, util-linux and ethtool that are missing. */
  readonly missingCommands: readonly string[];
}

const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;
const CAP_BPF = 39n;
const NEEDED_COMMANDS = ['ip', 'nsenter', 'ethtool'];
const PROGRAM_FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Why kernel tests cannot run with these facts, or undefined. */
export function kernelProblem(facts: KernelFacts): string | undefined {
  const has = (bit: bigint) => ((facts.capabilities >> bit) & 1n) === 1n;
  if (facts.uid !== 0) return `they need root, and this is uid ${facts.uid}: run them with sudo`;
  if (!has(CAP_NET_ADMIN) || !(has(CAP_SYS_ADMIN) || has(CAP_BPF)))
    return 'root lacks CAP_NET_ADMIN or CAP_BPF here (a container?): start it with --privileged';
  if (!has(CAP_SYS_ADMIN))
    return 'root lacks CAP_SYS_ADMIN here, which network namespaces and mounts need: start the container with --privileged';
  if (!/\tbpf$/m.test(facts.filesystems))
    return 'this kernel has no bpf file system (no CONFIG_BPF_SYSCALL): use another kernel';
  if (!facts.libbpf)
    return 'libbpf.so.1 was not found: apt-get install libbpf1 (Fedora, Alpine: libbpf), or set LIBBPF_PATH';
  if (facts.missingCommands.length > 0)
    return `${facts.missingCommands.join(', ')} not found: apt-get install iproute2 util-linux ethtool`;
  return undefined;
}

/** Reads the facts from this machine. */
export function readKernelFacts(): KernelFacts {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const folders = [...new Set([...(process.env.PATH ?? '').split(':'), ...PROGRAM_FOLDERS])];
  return {
    uid: process.getuid?.() ?? -1,
    capabilities: BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`),
    filesystems: existsSync('/proc/filesystems') ? readFileSync('/proc/filesystems', 'utf8') : '',
    libbpf: isLibbpfThere(),
    missingCommands: NEEDED_COMMANDS.filter((name) => !folders.some((f) => existsSync(`${f}/${name}`))),
  };
}

function isLibbpfThere(): boolean {
  const path = process.env.LIBBPF_PATH;
  if (path) return existsSync(path);
  const cache = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8', timeout: 10_000 }).stdout ?? '';
  if (cache.includes('libbpf.so.1 ')) return true;
  // musl has no ldconfig cache; multiarch folders are one level down.
  const folders = ['/usr/lib', '/usr/lib64', '/lib', '/lib64', '/usr/local/lib'];
  for (const folder of ['/usr/lib', '/lib'])
    if (existsSync(folder))
      for (const name of readdirSync(folder)) if (name.includes('-linux-')) folders.push(`${folder}/${name}`);
  return folders.some((folder) => existsSync(`${folder}/libbpf.so.1`));
}
