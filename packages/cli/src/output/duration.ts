const units = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const;

/** How long, in the unit that people would say it in: "40 s", "3 min", "5 h", "2 d". */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000);
  const [size, unit] = units.find(([length]) => seconds >= length) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}
