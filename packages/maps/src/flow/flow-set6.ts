import type { TypeOf } from '../codec/field.ts';
import { flowBucket } from './flow-bucket.ts';
import { LbxFlow6 } from './flow6.ts';

/** Eight flows of IPv6; 896 bytes. */
export const LbxFlow6Bucket = flowBucket('lbx_flow6_bucket', LbxFlow6);
export type LbxFlow6Bucket = TypeOf<typeof LbxFlow6Bucket>;
