import type { ApiServerError } from '../../errors.ts';
import { SilenceError } from './limit-silence.ts';

/** Statuses by which a server says that a version is none of its own. */
const notOurVersion = [400, 404, 422];
/** In an ERROR event: not now, but maybe later from the same version. */
const busy = [401, 403, 429, 503, 504];

/**
 * Whether a watch failed in a way that may repeat itself for ever from the same version: a line that cannot be read, an
 * ERROR event, a version that the server does not take (it is another one than before), or not even a bookmark (its
 * versions have fallen behind, as after a restore from a backup). Not so for a server that is away or has too much to do.
 *
 * @param answered the watch had begun, with status 200
 */
export function isStuck(cause: unknown, error: ApiServerError, answered: boolean): boolean {
  if (cause instanceof SyntaxError || cause instanceof RangeError || cause instanceof SilenceError)
    return true;
  const { status } = error;
  return status !== undefined && (answered ? !busy.includes(status) : notOurVersion.includes(status));
}
