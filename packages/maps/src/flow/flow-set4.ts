import type { TypeOf } from '../codec/field.ts';
import { u32 } from '../codec/integers.ts';
import { scalar } from '../codec/struct.ts';
import { flowBucket } from './flow-bucket.ts';
import { LbxFlow4 } from './flow4.ts';

export const LbxFlowSetIndex = scalar('index', u32.doc('Bucket'));

/** Eight flows of IPv4; 576 bytes. */
export const LbxFlow4Bucket = flowBucket('lbx_flow4_bucket', LbxFlow4);
export type LbxFlow4Bucket = TypeOf<typeof LbxFlow4Bucket>;
