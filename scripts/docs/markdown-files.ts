// The Markdown of the repository that people read: what the site shows and the checks look at.
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const repository = join(import.meta.dirname, '../..');

const generatedOrForeign = /(^|\/)(node_modules|dist|\.cache|\.tools|\.git|\.changeset|coverage)(\/|$)/;

/** Paths of all Markdown files, relative to the repository, sorted. */
export function markdownFiles(): string[] {
  return globSync(['*.md', '{docs,packages,bpf,examples,deploy,vectors}/**/*.md'], {
    cwd: repository,
    exclude: (path) => generatedOrForeign.test(path),
  })
    .filter((file) => !/(^|\/)CHANGELOG\.md$/.test(file))
    .sort();
}

export const readRepositoryFile = (file: string): string => readFileSync(join(repository, file), 'utf8');

export type Kind = 'file' | 'folder';

/** What is at a path of the repository. */
export function kindOf(file: string): Kind | undefined {
  const path = join(repository, file);
  if (!existsSync(path)) return undefined;
  return statSync(path).isDirectory() ? 'folder' : 'file';
}
