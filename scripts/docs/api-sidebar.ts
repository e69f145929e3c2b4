import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryPoints } from './entry-points.ts';
import { parseMarkdown } from './markdown.ts';
import type { SidebarItem } from './sidebar.ts';
import { slug } from './slug.ts';

/** As TypeDoc heads them. */
const kinds = ['Functions', 'Classes', 'Interfaces', 'Type Aliases', 'Variables'];

/**
 * What can be imported, and the kinds of things that each has; read from the pages of the API reference, empty before they
 * were made. Not every single thing: the sidebar is part of each of a thousand pages.
 */
export function apiSidebar(folder: string): SidebarItem[] {
  return entryPoints().flatMap(({ name }) => {
    const page = join(folder, name, 'index.md');
    if (!existsSync(page)) return [];
    const { anchors } = parseMarkdown(readFileSync(page, 'utf8'));
    return [
      {
        text: name,
        link: `/api/${name}/`,
        collapsed: true,
        items: kinds
          .filter((kind) => anchors.has(slug(kind)))
          .map((kind) => ({ text: kind, link: `/api/${name}/#${slug(kind)}` })),
      },
    ];
  });
}
