import type { DriftSlice } from './drift-check.ts';
import type { DriftStatus } from './drift-status.ts';

/** What a checker acts on. */
export interface DriftParts {
  /** Begins to compare. */
  compare(): Iterator<DriftSlice, void>;
  repairDerived(): Iterator<number, void>;
  /** Puts right what a slice found. */
  repair(slice: DriftSlice): void;
  onNotice(notice: string): void;
}

export interface DriftChecker {
  readonly status: DriftStatus;
  /** Compares all of it once, a slice at a time; does nothing while a check is under way. Resolves at its end. */
  check(): Promise<void>;
  close(): void;
}

/**
 * Compares now and then what is in the kernel with what was written, and puts right what somebody else did. Between two
 * slices everything else has its turn, writes included.
 */
export function createDriftChecker({ compare, repairDerived, repair, onNotice }: DriftParts): DriftChecker {
  let status: DriftStatus = { checks: 0, missing: 0, changed: 0, foreign: 0, derived: 0 };
  let running: Promise<void> | undefined;
  let closed = false;
  const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

  const run = async () => {
    const before = status;
    let [milliseconds, longestMilliseconds] = [0, 0];
    /** Runs one slice; true when there is another one. */
    const step = (act: () => boolean): boolean => {
      const started = performance.now();
      const more = act();
      const took = performance.now() - started;
      milliseconds += took;
      longestMilliseconds = Math.max(longestMilliseconds, took);
      return more;
    };
    const slices = compare();
    const derived = repairDerived();
    const compareNext = () => {
      const { done, value } = slices.next();
      if (done === true) return false;
      const { missing, changed, foreign } = value.found;
      if (missing + changed + foreign > 0) {
        status = {
          ...status,
          missing: status.missing + missing,
          changed: status.changed + changed,
          foreign: status.foreign + foreign,
        };
        repair(value);
      }
      return true;
    };
    const repairNext = () => {
      const { done, value } = derived.next();
      if (done === true) return false;
      status = { ...status, derived: status.derived + value };
      return true;
    };
    for (const act of [compareNext, repairNext]) {
      while (!closed && step(act)) await nextTurn();
    }
    if (closed) return;
    const { error: _, ...rest } = status;
    status = {
      ...rest,
      checks: status.checks + 1,
      last: { at: Date.now(), milliseconds, longestMilliseconds },
    };
    tell(before);
  };

  const tell = (before: DriftStatus) => {
    const parts = (
      [
        ['missing', 'were missing and are written again'],
        ['changed', 'had another value and are written again'],
        ['foreign', 'were added by somebody else and are deleted'],
        ['derived', 'in the gate or in metadata were wrong and are put right'],
      ] as const
    ).flatMap(([kind, what]) => {
      const count = status[kind] - before[kind];
      return count === 0 ? [] : [`${count} ${what}`];
    });
    if (parts.length > 0)
      onNotice(`somebody else has changed the maps: of their entries, ${parts.join('; ')}`);
  };

  return {
    get status() {
      return status;
    },
    check() {
      running ??= run()
        .catch((error: Error) => {
          if (status.error !== error.message)
            onNotice(`comparing the maps with what was written failed: ${error.message}`);
          status = { ...status, error: error.message };
        })
        .finally(() => {
          running = undefined;
        });
      return running;
    },
    close() {
      closed = true;
    },
  };
}
