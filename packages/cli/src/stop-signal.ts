const endSignals = ['SIGINT', 'SIGTERM'] as const;

/** Something that goes on until somebody ends it. */
export interface Watching extends Disposable {
  /** Aborted by Ctrl-C, by SIGTERM, when nobody reads any more (`lbx monitor | head`), or when the time is over. */
  readonly signal: AbortSignal;
  /** From now on it lasts so long; for ever when undefined. */
  endAfter(seconds: number | undefined): void;
}

/** Takes the signals of the process until it is disposed of. */
export function startWatching(): Watching {
  const stop = new AbortController();
  const end = () => stop.abort();
  let timer: NodeJS.Timeout | undefined;
  process.stdout.on('error', end);
  for (const signal of endSignals) process.on(signal, end);
  return {
    signal: stop.signal,
    endAfter(seconds) {
      if (seconds !== undefined) timer = setTimeout(end, 1000 * seconds);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      process.stdout.off('error', end);
      for (const signal of endSignals) process.off(signal, end);
    },
  };
}
