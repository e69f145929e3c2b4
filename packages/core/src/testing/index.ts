/**
 * For tests of what uses `@lbx/core`: places of a test's own in the kernel.
 *
 * @packageDocumentation
 */
export * from '@lbx/testing/places';
