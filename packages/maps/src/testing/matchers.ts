import type { PacketBuilder } from '@lbx/testing/packet';
import type { Struct } from '../codec/struct.ts';
import type { ProjectOptions } from '../project/options.ts';
import { toBeForwardedTo } from './to-be-forwarded-to.ts';
import { type PacketFields, toBePacket } from './to-be-packet.ts';
import { toEqualEntry } from './to-equal-entry.ts';
import { toHaveVerdict } from './to-have-verdict.ts';
import { toHoldEntries } from './to-hold-entries.ts';
import { type ServiceLike, toHoldService } from './to-hold-service.ts';

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

/** What `expect()` has by them; `R` is what its matchers return. See the functions of the same names. */
export interface LbxMatchers<R> {
  toHoldService(service: ServiceLike, options?: ProjectOptions): R;
  toHoldEntries(...lines: readonly string[]): R;
  toEqualEntry<T>(struct: Struct<T>, expected: T | Uint8Array | string): R;
  toBeForwardedTo(...backends: readonly string[]): R;
  toHaveVerdict(verdict: string, why?: string): R;
  toBePacket(expected: Uint8Array | PacketBuilder | PacketFields): R;
}
