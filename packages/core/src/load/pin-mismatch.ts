import { dirname } from 'node:path';
import { CoreError } from '../errors.ts';

/** A pin that cannot be used, and is left alone. */
export function pinMismatch(
  path: string,
  found: string,
  { pins = dirname(path), cause }: { readonly pins?: string; readonly cause?: unknown } = {},
): CoreError {
  return new CoreError(
    'LBX_PIN_MISMATCH',
    `${path} cannot be used: ${found}. It is left as it is; use another pin folder, or remove the old state with ` +
      `\`lbx cleanup --pins ${pins}\` (its established connections are lost)`,
    { path, pins },
    cause === undefined ? {} : { cause },
  );
}
