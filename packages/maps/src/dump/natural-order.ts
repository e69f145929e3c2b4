const isDigit = (code: number) => code >= 48 && code <= 57;

/** Order of texts in which runs of digits count as numbers: slot=2 comes before slot=10. Total and independent of locale. */
export function naturalOrder(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(j);
    if (!isDigit(x) || !isDigit(y)) {
      if (x !== y) return x - y;
      i++;
      j++;
      continue;
    }
    const [endA, endB] = [digitsEnd(a, i), digitsEnd(b, j)];
    const difference = Number(a.slice(i, endA)) - Number(b.slice(j, endB));
    if (difference !== 0) return difference;
    i = endA;
    j = endB;
  }
  // Equal up to leading zeroes: the shorter rest, then the plain order, decides.
  const rest = a.length - i - (b.length - j);
  if (rest !== 0) return rest;
  return a < b ? -1 : a > b ? 1 : 0;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  return end;
}
