/** A walk over one table that takes out what is over, in small steps. */
export interface Sweep {
  /** Name of the table's map. */
  readonly name: string;
  /** Each step tells how many entries are in use in what it saw, and how many it took out. */
  round(): Iterator<SweepCount, void>;
}

export interface SweepCount {
  readonly used: number;
  readonly freed: number;
}

/** Sweeps, and what they hold open. */
export interface Sweeps {
  readonly all: readonly Sweep[];
  close(): void;
}

export interface Sweeper {
  /** Of the last round that was finished, by map; `freed` since the start. */
  readonly counts: Readonly<Record<string, SweepCount>>;
  close(): void;
}

/** Between two steps, so that nothing has to wait for a whole round. */
const pauseMs = 5;

/**
 * Goes through all tables every so many seconds, one step at a time: a step takes a millisecond or less. Keeps no process
 * alive.
 * @param open - called when the first round begins.
 * @param onProblem - told of the first step that fails; the round goes on with the next table.
 */
export function createSweeper(
  open: () => Sweeps,
  seconds: number,
  onProblem: (problem: string) => void,
): Sweeper {
  const counts: Record<string, SweepCount> = {};
  const queue: Sweep[] = [];
  let sweeps: Sweeps | undefined;
  let current:
    | { readonly name: string; readonly steps: Iterator<SweepCount, void>; used: number }
    | undefined;
  let pause: NodeJS.Timeout | undefined;
  let told = false;

  /** Returns whether there is more to do. */
  const step = (): boolean => {
    if (current === undefined) {
      const sweep = queue.shift();
      if (sweep === undefined) return false;
      current = { name: sweep.name, steps: sweep.round(), used: 0 };
    }
    const { name, steps } = current;
    const before = counts[name] ?? { used: 0, freed: 0 };
    const { done, value } = steps.next();
    if (done === true) {
      counts[name] = { ...before, used: current.used };
      current = undefined;
    } else {
      current.used += value.used;
      counts[name] = { ...before, freed: before.freed + value.freed };
    }
    return true;
  };
  const guarded = (act: () => boolean): boolean => {
    try {
      return act();
    } catch (error) {
      current = undefined;
      if (!told) onProblem(`giving back memory of flows failed: ${(error as Error).message}`);
      told = true;
      return true;
    }
  };
  const advance = () => {
    pause = guarded(step) ? setTimeout(advance, pauseMs).unref() : undefined;
  };
  const timer = setInterval(() => {
    // A round that takes longer than the interval is not begun anew.
    if (pause !== undefined) return;
    guarded(() => {
      sweeps ??= open();
      queue.push(...sweeps.all);
      return true;
    });
    advance();
  }, seconds * 1000).unref();

  return {
    counts,
    close() {
      clearInterval(timer);
      clearTimeout(pause);
      sweeps?.close();
      sweeps = undefined;
    },
  };
}
