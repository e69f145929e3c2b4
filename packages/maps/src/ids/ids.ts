import { IdSpace } from './id-space.ts';

/** Limits and clock of a set of ids. */
export interface IdsOptions {
  /** Highest frontend (rev_nat) id: at most, and by default, 65534. */
  readonly maxFrontendId?: number;
  /** Highest backend id; 4294967295 by default. Give the size of what is indexed by backend ids, less one, if anything is. */
  readonly maxBackendId?: number;
  /**
   * How long a freed id is kept from other names; 10800 s by default, the default of session affinity and longer than
   * any flow that is tracked.
   */
  readonly quarantineSeconds?: number;
  /**
   * When no id is left, take the one that was freed first, before its quarantine is over, instead of refusing (false when
   * absent). Only for a datapath that takes no flow's id at its word, as that of lbx: Cilium's finds the address of
   * replies by the frontend id of their flow.
   */
  readonly reuse?: boolean;
  /** What the options are called that set the highest ids, in errors; `maxFrontendId` and `maxBackendId` by default. */
  readonly knobs?: { readonly frontend?: string; readonly backend?: string };
  /** Milliseconds on a clock that is never set; `performance.now` by default. */
  readonly now?: () => number;
}

/**
 * Which ids frontends and backends have, under their names ("198.51.100.1:80/TCP", "/i" for the internal scope).
 * One per set of maps; lives as long as they are written to. Both families share each space.
 */
export interface Ids {
  readonly frontends: IdSpace;
  readonly backends: IdSpace;
}

/** The highest id that fits 16 bits, less one: 65535 is kept free, as Cilium does. */
const MAX_FRONTEND_ID = 65534;

/** Ids for maps that are empty. For maps with entries use `restoreIds`. */
export function createIds(options: IdsOptions = {}): Ids {
  const { maxFrontendId = MAX_FRONTEND_ID, maxBackendId = 0xffff_ffff } = options;
  const { quarantineSeconds = 10_800, reuse = false, now = () => performance.now(), knobs = {} } = options;
  return {
    frontends: new IdSpace({
      label: 'frontend',
      knob: knobs.frontend ?? `maxFrontendId (at most ${MAX_FRONTEND_ID})`,
      max: Math.min(maxFrontendId, MAX_FRONTEND_ID),
      quarantineSeconds,
      reuse,
      now,
    }),
    backends: new IdSpace({
      label: 'backend',
      knob: knobs.backend ?? 'maxBackendId',
      max: maxBackendId,
      quarantineSeconds,
      reuse,
      now,
    }),
  };
}
