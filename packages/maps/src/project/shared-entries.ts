import type { MutableMap } from '../ids/id-map.ts';
import { type Entry, sameEntry } from './entry.ts';

/** Which of two services comes first. */
export type CompareServices = (a: string, b: string) => number;

interface Report {
  readonly service: string;
  readonly entry: Entry;
}

/**
 * Entries that several services may report: backends by id, wildcards by address. Of services that disagree the first or
 * the last counts.
 */
export class SharedEntries<K> {
  /** The entries that count. */
  readonly entries: MutableMap<K, Entry>;
  /** The service of an entry that one service reports; all reports, in order, where there are more. */
  readonly #reports: MutableMap<K, string | Report[]>;
  readonly #counts: 'first' | 'last';
  readonly #compare: CompareServices;

  constructor(counts: 'first' | 'last', compare: CompareServices, createMap: <V>() => MutableMap<K, V>) {
    this.entries = createMap();
    this.#reports = createMap();
    this.#counts = counts;
    this.#compare = compare;
  }

  /** Does nobody but this service report it? */
  isOnlyOf(service: string, key: K): boolean {
    return this.#reports.get(key) === service;
  }

  /** A service reports `after` where it has reported `before`. @param touched - gets the keys that hold something else now. */
  replace(
    service: string,
    before: ReadonlyMap<K, Entry>,
    after: ReadonlyMap<K, Entry>,
    touched: Set<K>,
  ): void {
    for (const key of before.keys()) if (!after.has(key)) this.#set(service, key, undefined, touched);
    for (const [key, entry] of after) if (before.get(key) !== entry) this.#set(service, key, entry, touched);
  }

  #set(service: string, key: K, entry: Entry | undefined, touched: Set<K>): void {
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
    reports.sort((a, b) => this.#compare(a.service, b.service));
    const [first] = reports;
    this.#reports.set(key, reports.length === 1 ? first!.service : reports);
    this.#put(key, (this.#counts === 'first' ? first : reports.at(-1))!.entry, touched);
  }

  #put(key: K, entry: Entry | undefined, touched: Set<K>): void {
    const known = this.entries.get(key);
    if (known === entry || (known !== undefined && entry !== undefined && sameEntry(known, entry))) return;
    if (entry === undefined) this.entries.delete(key);
    else this.entries.set(key, entry);
    touched.add(key);
  }
}
