import { pad } from '../codec/bytes.ts';
import { u8, u16, u32 } from '../codec/integers.ts';
import { type Struct, struct } from '../codec/struct.ts';
import { FLOW_WAYS } from './flow-set.ts';
import { nested, repeated } from './nested.ts';

// bpf/include/lbx/flow_bucket.h, which is compiled for each family

/** Eight flows whose hash names this bucket. A way with tag 0 is free, whatever its entry holds. */
export const flowBucket = <F>(name: string, flow: Struct<F>) =>
  struct(name, {
    tag: repeated(u16, FLOW_WAYS).doc('Part of the hash of each way, 0 free'),
    lock: u32.doc('1 while a program changes the bucket'),
    away: u32.doc('Flows whose first bucket this is and that are in their second'),
    guests: u8.doc('Bit n: the first bucket of way n is another'),
    pad: pad(7),
    home: repeated(u32, FLOW_WAYS).doc('First bucket of each guest'),
    entry: repeated(nested(flow), FLOW_WAYS).doc('Flows; the last two bytes of a key count changes'),
  });
