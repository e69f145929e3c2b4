export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** After so long in good health the next failure counts as the first. */
  readonly resetMs: number;
}

/** client-go's figures for its reflectors. */
export const defaultBackoff: BackoffOptions = { baseMs: 800, maxMs: 30_000, resetMs: 120_000 };

/**
 * Exponential backoff with full jitter: between nothing and base · 2^n, so that a thousand watchers that lost the same
 * server do not come back as one. It is not reset by a success, only by a time in good health: a server that accepts
 * every watch and ends it at once is failing, and one that is silent for two minutes shows no health.
 */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  readonly #now: () => number;
  #failures = 0;
  #healthySince: number | undefined;
  #lastAlive = 0;

  constructor(options: BackoffOptions = defaultBackoff, random = Math.random, now = () => performance.now()) {
    this.#options = options;
    this.#random = random;
    this.#now = now;
  }

  /** A sign of life: something came as it should. */
  alive(): void {
    this.#lastAlive = this.#now();
    this.#healthySince ??= this.#lastAlive;
  }

  /** Milliseconds to wait after one more failure, at least what the server asked for. */
  next(retryAfterSeconds = 0): number {
    const { baseMs, maxMs, resetMs } = this.#options;
    if (this.#healthySince !== undefined && this.#lastAlive - this.#healthySince >= resetMs)
      this.#failures = 0;
    this.#healthySince = undefined;
    const limit = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    // Jitter on top of Retry-After too: all that were turned away at once were told the same.
    return retryAfterSeconds * 1000 + this.#random() * limit;
  }
}
