// What is wrong with a built site: links and anchors that lead nowhere, and anything that a reader's browser would fetch
// from another machine.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

const linkOf = /<a\b[^>]*?\shref="([^"]*)"/g;
const fetchedOf = /<(?:script|img|iframe|source|video)\b[^>]*?\ssrc="([^"]*)"|<link\b[^>]*?\shref="([^"]*)"/g;
const foreign = /^(?:https?:)?\/\//;

/** Looks at all pages and styles of the site in a folder. */
export function siteProblems(folder: string, base = '/'): string[] {
  const pages = new Map(
    globSync('**/*.html', { cwd: folder }).map((page) => [page, readFileSync(join(folder, page), 'utf8')]),
  );
  const anchors = new Map<string, ReadonlySet<string>>();
  const anchorsOf = (page: string): ReadonlySet<string> => {
    const known =
      anchors.get(page) ?? new Set([...pages.get(page)!.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id!));
    anchors.set(page, known);
    return known;
  };
  const problems: string[] = [];
  for (const [page, html] of pages) {
    for (const [, script, link] of html.matchAll(fetchedOf))
      if (foreign.test(script ?? link ?? '')) problems.push(`${page} loads ${script ?? link} from elsewhere`);
    const seen = new Set([...html.matchAll(linkOf)].map(([, href]) => href!));
    for (const href of seen) {
      if (/^[a-z]+:|^\/\//.test(href)) continue;
      const { pathname, hash } = new URL(href.replaceAll('&amp;', '&'), `http://site${base}${page}`);
      if (!pathname.startsWith(base)) {
        problems.push(`${page} links to ${href}, outside of the site`);
        continue;
      }
      const target = fileOf(decodeURI(pathname).slice(base.length), folder);
      if (target === undefined) problems.push(`${page} links to ${href}: there is no such page`);
      else if (
        hash.length > 1 &&
        target.endsWith('.html') &&
        !anchorsOf(target).has(decodeURIComponent(hash.slice(1)))
      )
        problems.push(`${page} links to ${href}: there is no such anchor`);
    }
  }
  for (const style of globSync('**/*.css', { cwd: folder }))
    for (const [, url] of readFileSync(join(folder, style), 'utf8').matchAll(
      /(?:@import\s*|url\()["']?([^"')]+)/g,
    ))
      if (foreign.test(url!)) problems.push(`${style} loads ${url} from elsewhere`);
  return problems;
}

/** The file that a static server gives for a path. */
function fileOf(path: string, folder: string): string | undefined {
  const candidates = path === '' || path.endsWith('/') ? [`${path}index.html`] : [path, `${path}.html`];
  const found = candidates.find((file) => existsSync(join(folder, file)));
  return found === undefined ? undefined : posix.normalize(found);
}
