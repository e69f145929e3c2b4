/** Lets lines through as long as there are not too many. */
export interface LineLimit {
  /** May one more be written? */
  take(): boolean;
  /** How many were refused since the last call. */
  takeRefused(): number;
}

/** So many at once; afterwards one a second. */
export function createLineLimit(atOnce = 60, now: () => number = () => performance.now()): LineLimit {
  let left = atOnce;
  let at = now();
  let refused = 0;
  return {
    take() {
      const time = now();
      left = Math.min(atOnce, left + (time - at) / 1000);
      at = time;
      if (left < 1) {
        refused += 1;
        return false;
      }
      left -= 1;
      return true;
    },
    takeRefused() {
      const count = refused;
      refused = 0;
      return count;
    },
  };
}
