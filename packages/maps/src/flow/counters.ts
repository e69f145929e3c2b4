import type { TypeOf } from '../codec/field.ts';
import { u32, u64 } from '../codec/integers.ts';
import { scalar, struct } from '../codec/struct.ts';

// bpf/include/lbx/reasons.h

export const LbxCounterIndex = scalar('reason', u32.doc('Number of the reason'));

/** Packets that met a fate, on one CPU. */
export const LbxCounter = struct('lbx_counter', {
  packets: u64.doc('Packets'),
  bytes: u64.doc('Bytes of their frames, link header included; 0 for notes'),
});
export type LbxCounter = TypeOf<typeof LbxCounter>;
