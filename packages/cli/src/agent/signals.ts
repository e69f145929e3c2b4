/** Resolves with the first signal that asks the process to end; the second one ends it at once. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(signal === 'SIGTERM' ? 143 : 130);
        asked = true;
        resolve(signal);
      });
    }
  });
}
