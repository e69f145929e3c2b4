import type { ObjectSpec } from './object-spec.ts';

/** Reads what a compiled BPF object declares. Takes its bytes or its path. */
export function parseObject(_object: Uint8Array | string): ObjectSpec {
  throw new Error('not yet implemented');
}
