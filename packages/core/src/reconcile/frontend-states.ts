import type { Failing } from './backoff.ts';
import { type Backoff, createBackoff } from './backoff.ts';

/** What is known of a frontend beyond its entries. */
export interface FrontendState extends Partial<Failing> {
  /** Since when it is as it is: in force unchanged, or failing. Milliseconds since 1970. */
  readonly since: number;
  /** Why it is not in force. */
  readonly error?: Error;
}

/** What came of writing. */
export interface Attempts {
  /** Frontends that were looked at. */
  readonly tried: ReadonlySet<string>;
  /** Those of them that are not as wanted, and why. */
  readonly pending: ReadonlyMap<string, Error>;
}

/** Keeps track of frontends from write to write. */
export interface FrontendStates {
  readonly backoff: Backoff;
  /** @param isWanted - is there to be a frontend of that name? */
  note(attempts: Attempts, isWanted: (name: string) => boolean): void;
  get(name: string): FrontendState | undefined;
}

export function createFrontendStates(now: () => number, backoff: Backoff = createBackoff()): FrontendStates {
  const since = new Map<string, number>();
  const errors = new Map<string, Error>();
  return {
    backoff,
    note({ tried, pending }, isWanted) {
      const at = now();
      for (const name of tried) {
        if (pending.has(name)) continue;
        errors.delete(name);
        backoff.forget(name);
        if (isWanted(name)) since.set(name, at);
        else since.delete(name);
      }
      for (const [name, error] of pending) {
        if (!errors.has(name)) since.set(name, at);
        errors.set(name, error);
        backoff.failed(name, at);
      }
    },
    get(name) {
      const start = since.get(name);
      if (start === undefined) return undefined;
      const error = errors.get(name);
      return { since: start, ...(error === undefined ? {} : { error }), ...backoff.get(name) };
    },
  };
}
