/** What was found by comparing the maps with what was written to them, since the start. */
export interface DriftStatus {
  /** How often all of it was compared. */
  readonly checks: number;
  /** Entries that somebody else had deleted, and changed; they were written again. */
  readonly missing: number;
  readonly changed: number;
  /** Entries that somebody else had added; they were deleted. */
  readonly foreign: number;
  /** What follows from them (gate, metadata) and was changed by somebody else. */
  readonly derived: number;
  /** Of the last check that was finished: when it ended (milliseconds since 1970), and milliseconds of work, in all and at once. */
  readonly last?: {
    readonly at: number;
    readonly milliseconds: number;
    readonly longestMilliseconds: number;
  };
  /** Why the last one could not be finished. */
  readonly error?: string;
}
