// Links and pictures of a page as they are in the repository → as they are on the site. Used by docs/.vitepress/config.ts.
import { posix } from 'node:path';
import { kindOf, markdownFiles, readRepositoryFile } from './markdown-files.ts';
import { linkTarget, pagePath, siteHref, sourcePagePath } from './page-path.ts';

/** What of a token of markdown-it is needed here; VitePress has another version of it than the checks. */
interface Token {
  type: string;
  tag: string;
  content: string;
  children: Token[] | null;
  attrGet(name: string): string | number | null;
  attrSet(name: string, value: string): void;
}
interface State {
  readonly tokens: Token[];
  readonly env: { readonly relativePath?: string };
}
interface Markdown {
  options: { html?: boolean };
  core: {
    ruler: {
      before(other: string, name: string, rule: (state: State) => void): void;
      push(name: string, rule: (state: State) => void): void;
    };
  };
}

/** A plugin for markdown-it: pages link to pages, sources are shown as pages, drawings become part of the page. */
export function repositoryPages(md: Markdown): void {
  const fileOf = new Map(markdownFiles().map((file) => [pagePath(file), file]));
  // What looks like a tag on our pages is text (<bpffs>); the API reference has anchors in HTML, and escapes the rest.
  md.core.ruler.before('normalize', 'html-of-api-only', ({ env }) => {
    md.options.html = env.relativePath?.startsWith('api/') ?? false;
  });
  md.core.ruler.push('repository-pages', ({ tokens, env }) => {
    const page = env.relativePath ?? '';
    const file = fileOf.get(page);
    if (file === undefined) return;
    for (const token of tokens) for (const child of token.children ?? []) place(child, file, page);
  });
}

function place(token: Token, file: string, page: string): void {
  if (token.type === 'link_open') {
    const target = linkTarget(file, String(token.attrGet('href')));
    if (target === undefined || target.file === file) return;
    token.attrSet('href', siteHref(page, pageOf(target.file), target.anchor));
  } else if (token.type === 'image') {
    const target = linkTarget(file, String(token.attrGet('src')));
    if (target === undefined || posix.extname(target.file) !== '.svg') return;
    token.type = 'html_inline';
    token.content = drawing(readRepositoryFile(target.file));
  }
}

function pageOf(file: string): string {
  const readme = `${file}/README.md`;
  return pagePath(file) ?? (kindOf(readme) === 'file' ? pagePath(readme)! : sourcePagePath(file));
}

/** An SVG file as a part of a page: the site's own style colours it, so that it follows the reader's choice of light or dark. */
export function drawing(svg: string): string {
  const body = svg.replace(/<\?xml.*?\?>\s*/s, '').replace(/<style>.*?<\/style>\s*/s, '');
  return body.replace('<svg ', '<svg v-pre ');
}
