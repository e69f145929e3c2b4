import type { IpFamily } from '../objects/ip-address.ts';

/** Whether the proxy keeps up with what it is told, at one moment. Times are milliseconds since 1970. */
export interface ProxyHealthReport {
  /** Nothing that was told waits for longer than the limit. */
  readonly healthy: boolean;
  /** The last time that everything was written; undefined: never yet. */
  readonly lastUpdated: number | undefined;
  readonly families: readonly IpFamily[];
}

/**
 * Counts how long changes wait. As kube-proxy's: healthy while starting and whenever nothing waits; unhealthy once a
 * change has waited for the limit. Other than there, a change that waits for the very first write counts too.
 */
export class ProxyHealth {
  readonly #families: readonly IpFamily[];
  readonly #limitMs: number;
  #oldestQueued: number | undefined;
  #lastUpdated: number | undefined;

  constructor(families: readonly IpFamily[], limitMs: number) {
    this.#families = families;
    this.#limitMs = limitMs;
  }

  /** A change was told. */
  queued(now: number): void {
    this.#oldestQueued ??= now;
  }

  /** All that was told is written. */
  updated(now: number): void {
    this.#oldestQueued = undefined;
    this.#lastUpdated = now;
  }

  report(now: number): ProxyHealthReport {
    const waiting = this.#oldestQueued === undefined ? 0 : now - this.#oldestQueued;
    return {
      healthy: this.#oldestQueued === undefined || waiting < this.#limitMs,
      lastUpdated: this.#lastUpdated,
      families: this.#lastUpdated === undefined ? [] : this.#families,
    };
  }
}
