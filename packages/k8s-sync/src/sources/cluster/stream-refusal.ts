import type { ApiServerError } from '../../errors.ts';
import { SilenceError } from './limit-silence.ts';

/** A server that streams a list marks its end at once; one that is silent for so long did not understand the request. */
export const streamSilenceMs = 10_000;

/** What came in answer is an ordinary watch: it has no mark where the list ends. */
export class UnmarkedStream extends Error {
  override readonly name = 'UnmarkedStream';
}

/** Statuses by which a server says that a request is not one it knows. */
const notUnderstood = [400, 405, 406, 415, 422, 501];
/** Statuses in an ERROR event that have nothing to do with how the list was asked for. */
const passing = [401, 403, 410, 429, 503, 504];

/**
 * Whether a failed list as a stream means that the server cannot list so. There are many ways of saying so: status 400 or
 * 422; an ERROR event with code 500 from a server whose etcd is too old; taking the request for an ordinary watch.
 *
 * @param answered the answer had begun, with status 200
 * @returns the reason, or undefined if something else went wrong
 */
export function streamRefusal(cause: unknown, error: ApiServerError, answered: boolean): string | undefined {
  if (cause instanceof UnmarkedStream) return cause.message;
  if (cause instanceof SilenceError)
    return `the stream fell silent before the list was complete (${cause.message})`;
  const { status } = error;
  if (status === undefined) return undefined;
  const refused = answered ? !passing.includes(status) : notUnderstood.includes(status);
  return refused ? error.message : undefined;
}
