/** Longest work in one turn of the event loop, as far as it comes in small parts. */
const maxTurnMs = 4;

/**
 * Lets the event loop turn between many small pieces of work. A socket that has much to give is read in parts of megabytes;
 * timers, writes to maps and health checks must not wait until all of that is done.
 */
export class FairTurns {
  #since = performance.now();

  /** After each piece of work. @returns a promise, if others should have their turn before the next piece. */
  rest(): Promise<void> | undefined {
    if (performance.now() - this.#since < maxTurnMs) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#since = performance.now();
        resolve();
      });
    });
  }
}
