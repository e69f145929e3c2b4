/** Does a name match one of the patterns? `*` stands for any text, `?` for one character. */
export function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => expressionOf(pattern).test(name));
}

const known = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  let expression = known.get(pattern);
  if (expression === undefined) {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
    expression = new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
    known.set(pattern, expression);
  }
  return expression;
}
