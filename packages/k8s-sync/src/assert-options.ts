import { badOption, type OptionShape } from '@lbx/maps';
import { BadOptionError } from './errors.ts';

/** @throws BadOptionError (LBX_BAD_OPTION) for the first option that cannot be meant. `of`: the function that was given them. */
export function assertOptions<T>(of: string, given: unknown, shape: OptionShape<T>): void {
  const bad = badOption(given, shape);
  if (bad !== undefined) throw new BadOptionError(of, bad.option, bad.value, bad.problem);
}
