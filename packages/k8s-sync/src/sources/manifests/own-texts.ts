/** V8 makes a part of another text of those that are at least so long. */
const shortestPart = 13;

/**
 * A copy whose texts are their own. Those that a parser has cut out of a file keep the whole file in memory for as long as
 * one of them is there.
 */
export function ownTexts(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length < shortestPart ? value : Buffer.from(value, 'utf16le').toString('utf16le');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ownTexts);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, ownTexts(member)]));
}
