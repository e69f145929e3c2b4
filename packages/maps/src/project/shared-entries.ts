import type { MutableMap } from '../ids/id-map.ts';

/** Which of two services comes first. */
export type CompareServices = (a: string, b: string) => number;

interface Report<E> {
  readonly service: string;
  readonly entry: E;
}

/** How services that report the same key are told apart, and their reports compared. */
export interface SharedEntriesRules<K, E> {
  /** Of services that disagree, who counts. */
  readonly counts: 'first' | 'last';
  readonly compare: CompareServices;
  readonly isSame: (a: E, b: E) => boolean;
  readonly createMap: <V>() => MutableMap<K, V>;
}

/**
 * Entries, or what they are made of, that several services may report: backends by id, wildcards by address. Of services
 * that disagree the first or the last counts.
 */
export class SharedEntries<K, E extends object> {
  /** The entries that count. */
  readonly entries: MutableMap<K, E>;
  /** The service of an entry that one service reports; all reports, in order, where there are more. */
  readonly #reports: MutableMap<K, string | Report<E>[]>;
  readonly #rules: SharedEntriesRules<K, E>;

  constructor(rules: SharedEntriesRules<K, E>) {
    this.entries = rules.createMap();
    this.#reports = rules.createMap();
    this.#rules = rules;
  }

  /** Does nobody but this service report it? */
  isOnlyOf(service: string, key: K): boolean {
    return this.#reports.get(key) === service;
  }

  /** A service reports `after` where it has reported `before`. @param touched - gets the keys that hold something else now. */
  replace(service: string, before: ReadonlyMap<K, E>, after: ReadonlyMap<K, E>, touched: Set<K>): void {
    for (const key of before.keys()) if (!after.has(key)) this.#set(service, key, undefined, touched);
    for (const [key, entry] of after) if (before.get(key) !== entry) this.#set(service, key, entry, touched);
  }

  #set(service: string, key: K, entry: E | undefined, touched: Set<K>): void {
    const known = this.#reports.get(key);
    if (known === undefined || known === service) {
      if (entry === undefined) this.#reports.delete(key);
      else this.#reports.set(key, service);
      this.#put(key, entry, touched);
      return;
    }
    const reports = (
      typeof known === 'string' ? [{ service: known, entry: this.entries.get(key)! }] : known
    ).filter((report) => report.service !== service);
    if (entry !== undefined) reports.push({ service, entry });
    reports.sort((a, b) => this.#rules.compare(a.service, b.service));
    const [first] = reports;
    this.#reports.set(key, reports.length === 1 ? first!.service : reports);
    this.#put(key, (this.#rules.counts === 'first' ? first : reports.at(-1))!.entry, touched);
  }

  #put(key: K, entry: E | undefined, touched: Set<K>): void {
    const known = this.entries.get(key);
    if (known === entry) return;
    if (entry === undefined) this.entries.delete(key);
    // Also where it says the same: the one before is kept by nobody else.
    else this.entries.set(key, entry);
    if (known === undefined || entry === undefined || !this.#rules.isSame(known, entry)) touched.add(key);
  }
}
