// Where a file of the repository is on the site. Pure: paths in, paths out, all relative to their root and with slashes.
import { posix } from 'node:path';

/** Pages at the top of the repository. */
const named: Readonly<Record<string, string>> = {
  'README.md': 'overview.md',
  'bpf/README.md': 'packages/bpf.md',
};

/** The page that a Markdown file becomes; undefined for a file that is none. */
export function pagePath(file: string): string | undefined {
  if (Object.hasOwn(named, file)) return named[file];
  if (!file.endsWith('.md')) return undefined;
  if (file.startsWith('docs/')) return file.slice('docs/'.length);
  if (file.endsWith('/README.md')) return `${file.slice(0, -'/README.md'.length)}.md`;
  return file.toLowerCase();
}

/** The page that shows a source file or lists a folder. */
export const sourcePagePath = (file: string): string => `source/${file}.md`;

/** What a link in a file of the repository points at: a path in the repository, and an anchor (or ''). */
export interface LinkTarget {
  readonly file: string;
  readonly anchor: string;
}

/** Takes a link apart; undefined for one that leaves the repository (https:, mailto:). */
export function linkTarget(from: string, href: string): LinkTarget | undefined {
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test(href)) return undefined;
  const [path = '', anchor = ''] = decodeURI(href).split('#');
  if (path === '') return { file: from, anchor };
  return { file: posix.join(posix.dirname(from), path).replace(/\/$/, ''), anchor };
}

/** A link from one page of the site to another, relative, so that the site can stand in any folder. */
export function siteHref(fromPage: string, toPage: string, anchor: string): string {
  const path = posix.relative(posix.dirname(fromPage), toPage);
  return `${path.startsWith('.') ? path : `./${path}`}${anchor === '' ? '' : `#${anchor}`}`;
}
