import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { yaml } from '../yaml.ts';

/** The files of a kubeconfig: the one that was named, or for "default" those that kubectl would read. */
function filesOf(kubeconfig: string): string[] {
  if (kubeconfig !== 'default') return [kubeconfig];
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}

/**
 * Users of a kubeconfig that have their token in a file (`tokenFile`), which @kubernetes/client-node does not read: user →
 * path of that file. A kubeconfig that cannot be read has none: what is wrong with it is found elsewhere.
 */
export function kubeconfigTokenFiles(kubeconfig: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of filesOf(kubeconfig)) {
    let users: unknown;
    try {
      ({ users } = yaml().parse(readFileSync(file, 'utf8')) as { users?: unknown });
    } catch {
      continue;
    }
    for (const entry of Array.isArray(users) ? users : []) {
      const { name, user } = (entry ?? {}) as { name?: unknown; user?: { tokenFile?: unknown } | null };
      const tokenFile = user?.tokenFile;
      if (typeof name === 'string' && typeof tokenFile === 'string' && tokenFile !== '' && !found.has(name))
        found.set(name, resolve(dirname(file), tokenFile));
    }
  }
  return found;
}
