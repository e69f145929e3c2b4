import { TestingError } from '../errors.ts';

/** Conditions that are looked at whenever something changed, and given up after a deadline. */
export class Conditions {
  #waiting: { readonly test: () => unknown; readonly resolve: () => void }[] = [];

  /** Resolves when `test` is true. @throws TestingError (LBX_TESTING_TIMEOUT), with what `found` says. */
  until(test: () => unknown, what: string, found: () => string, deadlineMs: number): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const entry = {
        test,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== entry);
        const message = `${what}: not so after ${deadlineMs} ms; ${found()}`;
        reject(new TestingError('LBX_TESTING_TIMEOUT', message));
      }, deadlineMs);
      this.#waiting.push(entry);
    });
  }

  changed(): void {
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test()) return true;
      resolve();
      return false;
    });
  }
}
