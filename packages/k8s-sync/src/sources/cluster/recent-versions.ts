/** How many changes back an event is still recognised as one that was told before. */
const kept = 1024;

/**
 * The resourceVersions of the last events and bookmarks. Versions are only ever compared for equality: one that is in here
 * and comes again was overtaken, and says nothing new.
 */
export class RecentVersions {
  readonly #versions = new Set<string>();
  #newest = '';

  /** @returns false if this version was seen before and something newer since: what comes with it is history. */
  isNews(version: string): boolean {
    return version === this.#newest || !this.#versions.has(version);
  }

  add(version: string): void {
    if (version === '') return;
    this.#newest = version;
    this.#versions.add(version);
    if (this.#versions.size > kept) {
      const [oldest] = this.#versions;
      this.#versions.delete(oldest!);
    }
  }

  /** After a list nothing that came before says what is history. */
  clear(): void {
    this.#versions.clear();
    this.#newest = '';
  }
}
