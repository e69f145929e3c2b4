/**
 * Adds the matchers of `@lbx/maps/testing` to the `expect` of vitest 5: import it in a test, or name it in `setupFiles`.
 *
 * @packageDocumentation
 */
import { expect } from 'vitest';
import { type LbxMatchers, matchers } from './matchers.ts';

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends LbxMatchers<R> {}
}

expect.extend(matchers);
