/**
 * For tests of what is written into load-balancing maps, of what becomes of flows by them, and of packets. Pure: no
 * native code, no root, and no test framework either. The matchers are plain functions; `@lbx/maps/testing/vitest` and
 * `@lbx/maps/testing/jest` add them to `expect`, with their types.
 *
 * @packageDocumentation
 */
export * from '@lbx/testing/packet';
export { type MakeTable, type TestFunctions, tableCompliance } from '../tables/table-compliance.ts';
export type { Decided } from './decided.ts';
export type { MapContents } from './map-contents.ts';
export type { MatcherResult } from './matcher-result.ts';
export { type LbxMatchers, matchers } from './matchers.ts';
export type { PacketFields } from './to-be-packet.ts';
export type { ServiceLike } from './to-hold-service.ts';
