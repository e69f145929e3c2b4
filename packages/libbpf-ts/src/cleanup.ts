/**
 * What is undone, last first, when a step fails: `DisposableStack` for Node 22, which has none. The first error thrown
 * while undoing is thrown after all has been tried.
 */
export class Cleanup implements Disposable {
  #steps: (() => void)[] = [];

  use<T extends Disposable>(resource: T): T {
    this.defer(() => resource[Symbol.dispose]());
    return resource;
  }

  defer(step: () => void): void {
    this.#steps.push(step);
  }

  /** All went well: nothing is undone any more. */
  keep(): void {
    this.#steps = [];
  }

  [Symbol.dispose](): void {
    const errors: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) {
      try {
        step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
