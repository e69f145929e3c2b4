/** How a source, or a part of one, is doing. Plain data, for status pages, metrics and logs. Times are milliseconds since 1970. */
export interface SourceStatus {
  readonly name: string;
  /** It has told everything that existed at the start. */
  readonly synced: boolean;
  readonly syncedAt: number | undefined;
  /** Who has not synced yet, by name (itself, or parts of it); empty once it is synced. */
  readonly waitingFor: readonly string[];
  /** Objects that exist as far as it knows. */
  readonly objects: number;
  /** Events that wait for a slow listener. */
  readonly pending: number;
  /** When an object last changed, as far as it was told. */
  readonly lastEventAt: number | undefined;
  /** What went wrong and is not over yet. */
  readonly lastError: Error | undefined;
  /** What it consists of: the sources of a merge, the kinds of an API server. */
  readonly parts: readonly SourceStatus[];
}

/** What the parts amount to. */
export function combineStatus(
  name: string,
  parts: readonly SourceStatus[],
  own: { readonly syncedAt: number | undefined; readonly pending: number },
): SourceStatus {
  const times = parts.flatMap(({ lastEventAt }) => (lastEventAt === undefined ? [] : [lastEventAt]));
  const synced = own.syncedAt !== undefined;
  const waitingFor = parts.flatMap((part) => part.waitingFor);
  return {
    name,
    synced,
    syncedAt: own.syncedAt,
    // Without parts, or when all of them are done, it is itself that has not told so yet.
    waitingFor: synced ? [] : waitingFor.length === 0 ? [name] : waitingFor,
    objects: parts.reduce((sum, part) => sum + part.objects, 0),
    pending: own.pending,
    lastEventAt: times.length === 0 ? undefined : Math.max(...times),
    lastError: parts.find((part) => part.lastError !== undefined)?.lastError,
    parts,
  };
}
