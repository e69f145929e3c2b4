/**
 * Adds the matchers of `@lbx/maps/testing` to the `expect` of jest 30 (`expect` of `@jest/globals` and of the package
 * `expect`): import it in a test, or name it in `setupFilesAfterEnv`.
 *
 * @packageDocumentation
 */
import { expect } from 'expect';
import { type LbxMatchers, matchers } from './matchers.ts';

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends LbxMatchers<R> {}
}

expect.extend(matchers);
