/** What is to be known of something, by name, as text. */
export type Facts = ReadonlyMap<string, string>;

/** One line for each fact that differs, aligned: `count    expected 2, found 1`. */
export function compareFacts(expected: Facts, found: Facts): string[] {
  const names = [...new Set([...expected.keys(), ...found.keys()])].filter(
    (name) => expected.get(name) !== found.get(name),
  );
  const width = Math.max(0, ...names.map((name) => name.length));
  return names.map(
    (name) =>
      `${name.padEnd(width)}  expected ${expected.get(name) ?? 'nothing'}, found ${found.get(name) ?? 'nothing'}`,
  );
}

/** Lines two places to the right. */
export const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
