import { toBeForwardedTo } from './to-be-forwarded-to.ts';
import { toBePacket } from './to-be-packet.ts';
import { toEqualEntry } from './to-equal-entry.ts';
import { toHaveVerdict } from './to-have-verdict.ts';
import { toHoldEntries } from './to-hold-entries.ts';
import { toHoldService } from './to-hold-service.ts';

/**
 * For `expect.extend(matchers)` of vitest, jest, and whatever takes the same. Import `@lbx/maps/testing/vitest` or
 * `@lbx/maps/testing/jest` instead to have their types too.
 */
export const matchers = {
  toHoldService,
  toHoldEntries,
  toEqualEntry,
  toBeForwardedTo,
  toHaveVerdict,
  toBePacket,
};

/** What `expect()` has by them; `R` is what its matchers return. */
export type LbxMatchers<R> = {
  [N in keyof typeof matchers]: (typeof matchers)[N] extends (received: never, ...args: infer A) => unknown
    ? (...args: A) => R
    : never;
};
