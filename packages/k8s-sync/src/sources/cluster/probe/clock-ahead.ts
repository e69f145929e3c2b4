/**
 * How far a server's clock is at least ahead of ours, by the Date of an answer (negative: behind), in milliseconds. Its
 * seconds are whole and the answer took a while: 0 where both clocks may be the same.
 */
export function clockAhead(
  date: string | string[] | undefined,
  sentAt: number,
  receivedAt: number,
): number | undefined {
  const second = Date.parse(String(date));
  if (Number.isNaN(second)) return undefined;
  const least = second - receivedAt;
  const most = second + 999 - sentAt;
  if (least > 0) return least;
  return Math.min(most, 0);
}
