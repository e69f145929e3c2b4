import type { Section } from './contents.ts';
import { parseMarkdown } from './markdown.ts';
import { readRepositoryFile } from './markdown-files.ts';
import { pagePath } from './page-path.ts';

/** As VitePress takes it. */
export interface SidebarItem {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: SidebarItem[];
}

/** Sections with those of their pages that there are; pages of docs/ that no section names come last. */
export function sidebarOf(
  contents: readonly Section[],
  files: readonly string[],
  titleOf: (file: string) => string = (file) => parseMarkdown(readRepositoryFile(file)).title,
): SidebarItem[] {
  const named = new Set(contents.flatMap((section) => section.files));
  const more = files.filter(
    (file) => /^docs\/.*\.md$/.test(file) && file !== 'docs/index.md' && !named.has(file),
  );
  return [...contents, { title: 'More', files: more }]
    .map(({ title, files: wanted }) => ({
      text: title,
      collapsed: false,
      items: wanted
        .filter((file) => files.includes(file))
        .map((file) => ({ text: titleOf(file), link: `/${pagePath(file)?.replace(/\.md$/, '')}` })),
    }))
    .filter(({ items }) => items.length > 0);
}
