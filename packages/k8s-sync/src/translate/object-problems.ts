/**
 * Problems by what they are about, so that each is there as long as it lasts: a newer event about the same thing
 * replaces them. Sources' own problems without a key are kept too, the last hundred.
 */
export class ObjectProblems {
  readonly #byKey = new Map<string, readonly Error[]>();
  readonly #loose: Error[] = [];

  set(key: string, problems: readonly Error[]): void {
    if (problems.length === 0) this.#byKey.delete(key);
    else this.#byKey.set(key, problems);
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  delete(key: string): void {
    this.#byKey.delete(key);
  }

  addLoose(problem: Error): void {
    this.#loose.push(problem);
    if (this.#loose.length > 100) this.#loose.shift();
  }

  /** Sorted by key. */
  list(): Error[] {
    const keyed = [...this.#byKey].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, problems]) => problems);
    return [...keyed, ...this.#loose];
  }
}
