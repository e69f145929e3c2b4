// Headings, links and code blocks of a Markdown file, with their lines.
import MarkdownIt, { type Token } from 'markdown-it';
import { slug } from './slug.ts';

export interface Link {
  readonly href: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface CodeBlock {
  /** All words after the three backticks: `ts`, `ts continues`, `sh`. */
  readonly info: string;
  readonly code: string;
  /** Line of the first line of code, counted from 1. */
  readonly line: number;
}

export interface Page {
  /** Text of the first heading. */
  readonly title: string;
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly Link[];
  readonly blocks: readonly CodeBlock[];
}

const parser = new MarkdownIt({ html: true });

/** Cuts off the settings of a page (`---` lines at its top), keeping the numbers of lines. */
export function withoutFrontmatter(text: string): string {
  const end = text.startsWith('---\n') ? text.indexOf('\n---\n', 3) : -1;
  if (end < 0) return text;
  return '\n'.repeat(text.slice(0, end + 5).split('\n').length - 1) + text.slice(end + 5);
}

export function parseMarkdown(text: string): Page {
  const tokens = parser.parse(withoutFrontmatter(text), {});
  const anchors = new Set<string>();
  const links: Link[] = [];
  const blocks: CodeBlock[] = [];
  let title = '';
  for (const [index, token] of tokens.entries()) {
    const line = (token.map?.[0] ?? 0) + 1;
    if (token.type === 'heading_open') {
      const heading = plainText(tokens[index + 1]!);
      if (title === '') title = heading;
      addAnchor(anchors, slug(heading));
    } else if (token.type === 'inline') {
      for (const child of token.children ?? []) {
        const attribute = { link_open: 'href', image: 'src' }[child.type];
        if (attribute !== undefined) links.push({ href: String(child.attrGet(attribute)), line });
      }
    } else if (token.type === 'fence') {
      blocks.push({ info: token.info.trim(), code: token.content, line: line + 1 });
    }
  }
  return { title, anchors, links, blocks };
}

const plainText = (inline: Token): string =>
  (inline.children ?? []).map((child) => (child.type === 'softbreak' ? ' ' : child.content)).join('');

/** The second heading of the same words gets -1, the third -2. */
function addAnchor(anchors: Set<string>, anchor: string): void {
  let unique = anchor;
  for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
  anchors.add(unique);
}
