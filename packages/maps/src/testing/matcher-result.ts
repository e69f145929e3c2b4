/** What a matcher gives to `expect`; vitest and jest take the same. */
export interface MatcherResult {
  readonly pass: boolean;
  /** Why the expectation (or, of a matcher that passes, its negation) is not met. */
  readonly message: () => string;
}

/** `problems`: one line each, none when the expectation is met. */
export function resultOf(subject: string, problems: readonly string[]): MatcherResult {
  const pass = problems.length === 0;
  const message = () =>
    pass ? `not expected: ${subject}` : [`expected: ${subject}`, ...problems].join('\n');
  return { pass, message };
}
