/**
 * The anchor of a heading, by the rule of the usual viewers of Markdown in repositories; the site is built with the same,
 * so that a link to an anchor works in both.
 */
export function slug(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}
