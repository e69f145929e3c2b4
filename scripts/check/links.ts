// Links of all Markdown: files and anchors inside the repository exist; what leads outside is only looked at, not fetched.

import { type Page, parseMarkdown } from '../docs/markdown.ts';
import { type Kind, kindOf, markdownFiles, readRepositoryFile } from '../docs/markdown-files.ts';
import { linkTarget } from '../docs/page-path.ts';
import type { Step } from './step.ts';

export const links: Step = {
  name: 'links',
  run: () => {
    const pages = new Map(markdownFiles().map((file) => [file, parseMarkdown(readRepositoryFile(file))]));
    return [...pages].flatMap(([file, page]) => brokenLinks(file, page, pages, kindOf));
  },
};

/** What is wrong with the links of one page. */
function brokenLinks(
  file: string,
  page: Page,
  pages: ReadonlyMap<string, Page>,
  kind: (file: string) => Kind | undefined,
): string[] {
  return page.links.flatMap(({ href, line }) => {
    const problem = problemOf(file, href, pages, kind);
    return problem === undefined ? [] : [`${file}:${line}: link '${href}': ${problem}`];
  });
}

function problemOf(
  from: string,
  href: string,
  pages: ReadonlyMap<string, Page>,
  kind: (file: string) => Kind | undefined,
): string | undefined {
  const target = linkTarget(from, href);
  if (target === undefined) {
    if (href.startsWith('mailto:')) return undefined;
    return /^https:\/\/./.test(href) && URL.canParse(href) ? undefined : 'is no https address';
  }
  const { file, anchor } = target;
  if (file.startsWith('..')) return 'leads out of the repository';
  const found = kind(file);
  if (found === undefined) return `there is no ${file}`;
  if (anchor === '') return undefined;
  const page = pages.get(found === 'folder' ? `${file}/README.md` : file);
  if (page === undefined) return `${file} is no Markdown, it has no anchors`;
  return page.anchors.has(anchor) ? undefined : `${file} has no heading of this anchor`;
}
