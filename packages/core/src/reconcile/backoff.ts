/** How long what failed waits until it is tried again. */
export interface BackoffOptions {
  /** After the first failure; default 500. */
  readonly firstMs?: number;
  /** At most; default 60,000. */
  readonly maxMs?: number;
  /** From 0 to 1; Math.random by default. */
  readonly random?: () => number;
}

export interface Failing {
  /** How often it was tried in vain, one time after the other. */
  readonly attempts: number;
  /** When it is tried again. */
  readonly nextAt: number;
}

/** Twice as long after each failure, less up to half of it by chance: what failed together is not tried together for ever. */
export interface Backoff {
  failed(name: string, now: number): void;
  /** It was done, or is no longer asked for. */
  forget(name: string): void;
  get(name: string): Failing | undefined;
  /** It failed, and its time has not come. */
  isWaiting(name: string, now: number): boolean;
  /** When the first of all is to be tried; undefined when nothing waits. */
  readonly nextAt: number | undefined;
  readonly size: number;
  names(): Iterable<string>;
}

export function createBackoff({
  firstMs = 500,
  maxMs = 60_000,
  random = Math.random,
}: BackoffOptions = {}): Backoff {
  const failing = new Map<string, Failing>();
  return {
    failed(name, now) {
      const attempts = (failing.get(name)?.attempts ?? 0) + 1;
      const longest = Math.min(maxMs, firstMs * 2 ** Math.min(attempts - 1, 30));
      failing.set(name, { attempts, nextAt: Math.round(now + longest * (1 - random() / 2)) });
    },
    forget: (name) => void failing.delete(name),
    get: (name) => failing.get(name),
    isWaiting: (name, now) => (failing.get(name)?.nextAt ?? 0) > now,
    get nextAt() {
      let first: number | undefined;
      for (const { nextAt } of failing.values()) first = Math.min(first ?? nextAt, nextAt);
      return first;
    },
    get size() {
      return failing.size;
    },
    names: () => failing.keys(),
  };
}
