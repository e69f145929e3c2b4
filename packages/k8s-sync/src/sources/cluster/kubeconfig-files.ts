import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { readTextFile } from '../read-text-file.ts';

/** Most bytes of a kubeconfig; with certificates inside they have some thousand for each cluster. */
const maxKubeconfigBytes = 4 * 2 ** 20;

/**
 * Texts of the files of a kubeconfig by their paths: of the one that was named, or for "default" of those that kubectl would
 * read and that are there.
 *
 * @throws RangeError if one is larger than {@link maxKubeconfigBytes}; errors of the file system.
 */
export function readKubeconfigFiles(kubeconfig: string): Map<string, string> {
  const named = kubeconfig === 'default' ? defaultFiles().filter((file) => existsSync(file)) : [kubeconfig];
  return new Map(named.map((file) => [file, readTextFile(file, maxKubeconfigBytes)]));
}

function defaultFiles(): string[] {
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
}
