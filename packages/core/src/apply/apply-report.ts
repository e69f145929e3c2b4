import type { MapsError, Refusal } from '@lbx/maps';

/** A write that the kernel refused. The frontend stays as it was (or half done) and is tried again by the next apply. */
export interface FailedWrite {
  readonly map: string;
  /** Frontend that the entry serves; absent for backends, which several may share. */
  readonly frontend?: string;
  readonly error: Error;
}

/** What one `apply` did. */
export interface ApplyReport {
  /** Frontends that should be in force, expansions of NodePorts counted one by one. */
  readonly frontends: number;
  /** Entries written or deleted. */
  readonly writes: number;
  readonly failed: readonly FailedWrite[];
  /** Frontends that cannot be written at all, with the reason. */
  readonly refused: readonly Refusal[];
  /** What there is too little of for those that were refused: once for each map and kind of id, with the option to raise. */
  readonly shortages: readonly MapsError[];
  /** Frontends that are not as wanted yet because writes failed, now or before; they are tried again by themselves. */
  readonly pending: number;
  /** Frontends that stay as an earlier process left them, or keep backends, while not everything can be read (`setUnread`). */
  readonly kept: number;
  /** Milliseconds in all, and of these in the kernel's maps. */
  readonly ms: number;
  readonly writeMs: number;
}
