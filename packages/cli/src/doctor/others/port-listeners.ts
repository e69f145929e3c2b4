import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that listens. */
interface PortListener {
  readonly pid: number;
  /** Its name, as `ps` shows it. */
  readonly command: string;
}

/** Who listens on a TCP port of this network namespace. */
export interface PortListeners {
  readonly isTaken: boolean;
  /** Those that can be seen: of all processes root sees those of its own pid namespace, others their own. */
  readonly processes: readonly PortListener[];
}

const listening = '0A';

export function portListeners(port: number): PortListeners {
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listeningSockets(table, port)));
  return { isTaken: inodes.size > 0, processes: inodes.size === 0 ? [] : ownersOf(inodes) };
}

/** Inodes of the sockets: `sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode`. */
function listeningSockets(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return lines(`/proc/thread-self/net/${table}`).flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === listening && local.endsWith(suffix) && inode !== undefined ? [inode] : [];
  });
}

function ownersOf(inodes: ReadonlySet<string>): PortListener[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => filesOf(pid).some((file) => inodes.has(/^socket:\[(\d+)\]$/.exec(file)?.[1] ?? '')))
    .map((pid) => ({ pid: Number(pid), command: lines(`/proc/${pid}/comm`)[0] ?? '?' }));
}

/** What the descriptors of a process are; none of one that has gone, or that is not for us to see. */
function filesOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}
