/**
 * When the changes were triggered that are yet to be answered, by Service: the oldest of each. As kube-proxy counts them:
 * only slices that came or changed (not those that went) and only triggers after the start, so that the first list, whose
 * changes others have answered long ago, does not count.
 */
export class ChangeTriggers {
  readonly #since: number;
  #waiting = new Map<string, number>();

  /** @param since milliseconds since 1970 */
  constructor(since: number) {
    this.#since = since;
  }

  /** @param changedAt RFC 3339, of the slice's annotation */
  note(service: string, changedAt: string | undefined): void {
    const at = changedAt === undefined ? Number.NaN : Date.parse(changedAt);
    if (!(at > this.#since)) return;
    const before = this.#waiting.get(service);
    if (before === undefined || at < before) this.#waiting.set(service, at);
  }

  /** Those of `changed`; all others needed no answer and are forgotten. */
  take(changed: readonly string[]): ReadonlyMap<string, number> {
    if (this.#waiting.size === 0) return new Map();
    const answered = new Map<string, number>();
    for (const service of changed) {
      const at = this.#waiting.get(service);
      if (at !== undefined) answered.set(service, at);
    }
    this.#waiting = new Map();
    return answered;
  }
}
