import { CoreError } from '../errors.ts';
import type { PortRange } from './snat-ports.ts';

const bad = (option: string, value: unknown, problem: string) =>
  new CoreError('LBX_BAD_OPTION', `${option}: ${problem}`, { option, value });

/** @throws CoreError `LBX_BAD_OPTION` naming what the option takes. */
export function oneOf<T extends string | number | boolean>(
  option: string,
  value: T,
  choices: readonly T[],
): T {
  if (choices.includes(value)) return value;
  const shown = typeof value === 'string' ? `'${value}'` : String(value);
  throw bad(option, value, `${shown} is none of its choices: ${choices.join(', ')}`);
}

/** @throws CoreError `LBX_BAD_OPTION` */
export function wholeNumber(option: string, value: number, low: number, high: number): number {
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw bad(option, value, `${value} is no whole number from ${low} to ${high}`);
}

/** @throws CoreError `LBX_BAD_OPTION` */
export function portRange(option: string, [from, to]: PortRange): PortRange {
  const ok = Number.isInteger(from) && Number.isInteger(to) && from >= 1 && to <= 65535 && from <= to;
  if (ok) return [from, to];
  throw bad(option, [from, to], `${from}-${to} is no range of ports; use 1 to 65535, low end first`);
}
