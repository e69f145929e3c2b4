const maxLength = 64;

/** The name that somebody probably meant: the only one that begins so, or the nearest, if it is near enough. */
export function nearestName(given: string, names: readonly string[]): string | undefined {
  // No typing error: comparing takes the longer the longer it is.
  if (given.length > maxLength) return undefined;
  const longer = names.filter((name) => name.toLowerCase().startsWith(given.toLowerCase()));
  if (given.length > 2 && longer.length === 1) return longer[0];
  const distances = names.map((name) => ({
    name,
    distance: editDistance(given.toLowerCase(), name.toLowerCase()),
  }));
  const [best] = distances.sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(given.length > 4 ? 2 : 1, given.length / 3)
    ? best.name
    : undefined;
}

/** How many letters have to be put in, left out or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const same = letter === b[j] ? 0 : 1;
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + same));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
