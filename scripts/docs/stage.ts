// Lays out what the site is built from, in docs/.cache/pages: the Markdown of the repository under the paths it has on
// the site, and a page for each source file or folder that some page links to.
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { parseMarkdown } from './markdown.ts';
import { kindOf, markdownFiles, readRepositoryFile, repository } from './markdown-files.ts';
import { linkTarget, pagePath, sourcePagePath } from './page-path.ts';

/** Sources longer than this are not shown: recorded vectors, the lockfile. */
const shownBytes = 256 * 1024;

/** Where the pages are laid out. */
export const stagedPages = join(repository, 'docs/.cache/pages');

export function stage(): void {
  rmSync(stagedPages, { recursive: true, force: true });
  const linked = new Set<string>();
  for (const file of markdownFiles()) {
    const page = pagePath(file);
    if (page === undefined) continue;
    const text = readRepositoryFile(file);
    write(page, text);
    for (const { href } of parseMarkdown(text).links) {
      const target = linkTarget(file, href);
      if (target !== undefined) linked.add(target.file);
    }
  }
  for (const file of linked) {
    const kind = kindOf(file);
    const isPage = pagePath(file) !== undefined || kindOf(`${file}/README.md`) === 'file';
    if (kind !== undefined && !isPage && extname(file) !== '.svg')
      write(sourcePagePath(file), kind === 'file' ? sourcePage(file) : folderPage(file));
  }
  const assets = join(repository, 'docs/public');
  if (kindOf('docs/public') === 'folder') cpSync(assets, join(stagedPages, 'public'), { recursive: true });
}

function write(page: string, text: string): void {
  const path = join(stagedPages, page);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Search leaves these pages out. */
const settings = '---\nsource: true\neditLink: false\n---\n\n';

function sourcePage(file: string): string {
  const { size } = statSync(join(repository, file));
  if (size > shownBytes)
    return `${settings}# ${file}\n\nA file of ${size.toLocaleString('en-US')} bytes in the repository.\n`;
  const text = readRepositoryFile(file);
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  const language = { '.ts': 'ts', '.c': 'c', '.h': 'c', '.yaml': 'yaml', '.json': 'json', '.sh': 'sh' }[
    extname(file)
  ];
  return `${settings}# ${file}\n\n${fence}${language ?? 'text'}\n${text.replace(/\n?$/, '\n')}${fence}\n`;
}

function folderPage(folder: string): string {
  const names = readdirSync(join(repository, folder)).filter(
    (name) => !/^(node_modules|dist|\..*)$/.test(name),
  );
  const lines = names.sort().map((name) => `- \`${name}\`\n`);
  return `${settings}# ${folder}/\n\nA folder of the repository:\n\n${lines.join('')}`;
}
