// What can be imported from the packages: read from their manifests, so that the API reference has all of it.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './markdown-files.ts';

export interface EntryPoint {
  /** What is imported: `@lbx/maps/testing`. */
  readonly name: string;
  /** Its source, relative to the repository. */
  readonly file: string;
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { readonly '@lbx/source'?: string }>>;
}

export function entryPoints(): EntryPoint[] {
  return globSync(['packages/*/package.json', 'bpf/package.json'], { cwd: repository })
    .sort()
    .flatMap((file) => entriesOf(file, JSON.parse(readFileSync(join(repository, file), 'utf8')) as Manifest));
}

function entriesOf(file: string, { name, private: unpublished, exports = {} }: Manifest): EntryPoint[] {
  if (unpublished) return [];
  const folder = file.slice(0, -'/package.json'.length);
  return Object.entries(exports).flatMap(([path, target]) => {
    const source = typeof target === 'string' ? undefined : target['@lbx/source'];
    return source === undefined ? [] : [{ name: join(name, path), file: join(folder, source) }];
  });
}
