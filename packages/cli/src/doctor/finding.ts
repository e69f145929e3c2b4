/**
 * What a check came to. `ok`: as it should be. `note`: worth knowing, nothing to do. `warn`: lbx works, and something will
 * hurt. `fail`: lbx does not work, or does not do what it was asked for. `skipped`: could not be, or was not to be, tried.
 */
export type Status = 'ok' | 'note' | 'warn' | 'fail' | 'skipped';

/** What a check says about one thing: the machine, or one device, map or hook. */
export interface Verdict {
  readonly status: Status;
  /** The device, map or hook, where there are several. */
  readonly about?: string;
  /** What was found, in one sentence. */
  readonly found: string;
  /** What to do about it: a command to type, or a flag. */
  readonly remedy?: string;
}

/** A verdict, and which check it is of. */
export interface Finding extends Verdict {
  /** Stable. */
  readonly id: string;
  readonly group: string;
  /** What was tried. */
  readonly tried: string;
}

/** Of what only root can try. */
export const needsRoot = {
  status: 'skipped',
  found: 'needs root',
  remedy: 'run it as root: sudo lbx doctor',
} as const satisfies Verdict;
