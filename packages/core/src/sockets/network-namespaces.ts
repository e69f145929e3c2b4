import { readdirSync, statSync } from 'node:fs';

/** Where network namespaces have names that outlive their processes. */
const namedFolders = ['/run/netns', '/run/docker/netns'];

/**
 * Paths into network namespaces by their inode numbers: those of `wanted` that a process is in, or that have a name. What
 * /proc does not show (in a container without the node's processes) is not found.
 */
export function findNamespaces(wanted: Iterable<number>): ReadonlyMap<number, string> {
  const missing = new Set(wanted);
  const found = new Map<number, string>();
  for (const path of candidates()) {
    if (missing.size === 0) break;
    const inode = inodeOf(path);
    if (inode !== undefined && missing.delete(inode)) found.set(inode, path);
  }
  return found;
}

function* candidates(): IterableIterator<string> {
  yield '/proc/self/ns/net';
  for (const folder of namedFolders) for (const name of list(folder)) yield `${folder}/${name}`;
  for (const name of list('/proc')) if (/^\d+$/.test(name)) yield `/proc/${name}/ns/net`;
}

/** undefined for what has gone meanwhile, and for processes that this one may not look into. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
