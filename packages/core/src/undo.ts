/** What must be taken back when something of several steps fails half way. */
export interface Undo {
  /**
   * Remembers how to take back the step that was just made.
   * @param release - lets go of what only taking back would have needed.
   */
  defer(step: () => void, release?: () => void): void;
  /** Takes everything back, newest first. A step that fails does not keep the others from being tried. */
  run(): void;
  /** All went well: nothing will be taken back any more. */
  keep(): void;
}

export function createUndo(): Undo {
  const steps: { step: () => void; release?: (() => void) | undefined }[] = [];
  return {
    defer: (step, release) => void steps.push({ step, release }),
    run() {
      for (const { step, release } of steps.splice(0).reverse()) {
        for (const act of [step, release]) {
          try {
            act?.();
          } catch {
            // The error that made us go back is the one to tell.
          }
        }
      }
    },
    keep() {
      for (const { release } of steps.splice(0)) release?.();
    },
  };
}
