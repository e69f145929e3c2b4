/**
 * Maglev consistent hashing: lookup tables byte-equal to Cilium's, and the packet hashes that index them.
 *
 * @packageDocumentation
 */
export { disruption } from './disruption.ts';
export { MaglevError, type MaglevErrorCode } from './errors.ts';
export { jhash3Words } from './jhash.ts';
export {
  createMaglevBuilder,
  createMaglevTable,
  type MaglevBackend,
  type MaglevBuilder,
  type MaglevOptions,
} from './maglev-builder.ts';
export { maglevHash4, maglevHash6, selectBackend } from './maglev-hash.ts';
export { type Murmur3, murmur3_128 } from './murmur3.ts';
export { DEFAULT_SEED, DEFAULT_SEED_TEXT, parseSeed, type Seed } from './seed.ts';
export { assertTableSize, CILIUM_TABLE_SIZES, DEFAULT_TABLE_SIZE, MAX_TABLE_SIZE } from './table-size.ts';
export {
  type MaglevCase,
  type MaglevVectors,
  type MaglevVerification,
  type Murmur3Case,
  verifyMaglev,
} from './verify-maglev.ts';
