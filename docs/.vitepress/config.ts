// The site of lbx's documentation. Its pages are laid out by scripts/docs/stage.ts; `npm run docs` does both.
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { apiSidebar } from '../../scripts/docs/api-sidebar.ts';
import { contents } from '../../scripts/docs/contents.ts';
import { markdownFiles } from '../../scripts/docs/markdown-files.ts';
import { pictureStyle } from '../../scripts/docs/pictures/svg.ts';
import { sidebarOf } from '../../scripts/docs/sidebar.ts';
import { repositoryPages } from '../../scripts/docs/site-markdown.ts';
import { slug } from '../../scripts/docs/slug.ts';

const docs = join(import.meta.dirname, '..');
const sidebar = sidebarOf(contents, markdownFiles());

export default defineConfig({
  title: 'lbx',
  description: 'Kubernetes service load balancing in eBPF/XDP, as a library',
  lang: 'en',
  // A site that stands in a folder of its server, for example /lbx/.
  base: process.env.LBX_DOCS_BASE ?? '/',
  srcDir: '.cache/pages',
  cacheDir: '.cache/vitepress',
  outDir: 'dist',
  // Pages work when they are opened from any static server, and links keep their names.
  cleanUrls: false,
  lastUpdated: false,
  head: [
    ['link', { rel: 'icon', href: 'data:,' }],
    // Drawings are parts of pages: they follow the reader's choice of light or dark.
    ['style', {}, pictureStyle('.dark')],
  ],
  markdown: {
    anchor: { slugify: slug },
    theme: { light: 'github-light', dark: 'github-dark' },
    languageAlias: { console: 'shellscript' },
    config: (md) => {
      md.use(repositoryPages);
    },
  },
  themeConfig: {
    outline: [2, 3],
    search: {
      provider: 'local',
      options: {
        // Sources are found by their names only, so that words of guides are not lost among them.
        _render(source, environment, md) {
          const page = environment.relativePath as string;
          const text = md.render(source, environment);
          return /^(api|source)\//.test(page) ? (/<h1.*?<\/h1>/s.exec(text)?.[0] ?? '') : text;
        },
      },
    },
    nav: [
      { text: 'Overview', link: '/overview' },
      { text: 'First hour', link: '/first-hour' },
      {
        text: 'Guides',
        items: [
          { text: 'Embed it in your agent', link: '/guide/embed' },
          { text: 'Script map state in tests', link: '/guide/map-state' },
          { text: 'Run it on a node', link: '/guide/operate' },
        ],
      },
      { text: 'How it works', link: '/concepts/packet' },
      { text: 'API', link: '/api/' },
      { text: 'Limits', link: '/limits' },
    ],
    sidebar: { '/api/': apiSidebar(join(docs, '.cache/pages/api')), '/': sidebar },
    notFound: {
      quote: 'There is no such page. Search has all of them.',
      linkText: 'To the first page',
    },
    footer: { message: 'TypeScript under Apache-2.0; C under GPL-2.0-only or BSD-2-Clause.' },
  },
  vite: {
    // Nothing of the site is fetched from elsewhere when it is read.
    build: { assetsInlineLimit: 0, chunkSizeWarningLimit: 4000 },
  },
});
