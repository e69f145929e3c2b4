import { dirname, resolve } from 'node:path';
import { yaml } from '../yaml.ts';

/**
 * Users of a kubeconfig that have their token in a file (`tokenFile`), which @kubernetes/client-node does not read: user →
 * path of that file. A kubeconfig that cannot be parsed has none: what is wrong with it is found elsewhere.
 *
 * @param files - the texts that it consists of, by their paths; the first to name a user counts.
 */
export function kubeconfigTokenFiles(files: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [file, text] of files) {
    let users: unknown;
    try {
      ({ users } = yaml().parse(text, { logLevel: 'error' }) as { users?: unknown });
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
