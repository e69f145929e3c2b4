import type { TypeOf } from '../codec/field.ts';
import { u32 } from '../codec/integers.ts';
import { scalar, struct } from '../codec/struct.ts';

// bpf/include/lbx/frontend_meta.h

/** `flags` of frontend metadata. */
export const FrontendMetaFlag = { elsewhere: 0x01 } as const;

export const LbxFrontendMetaKey = scalar(
  'revNatId',
  u32.brand<'RevNatId'>().doc('Frontend; host order, unlike in service entries'),
);

/** What the entry of a frontend does not tell. Kept by user space; 4 bytes. */
export const LbxFrontendMeta = struct('lbx_frontend_meta', {
  flags: u32
    .flags(FrontendMetaFlag)
    .doc('elsewhere: while it has no backends, drop and do not reject; others have some'),
});
export type LbxFrontendMeta = TypeOf<typeof LbxFrontendMeta>;
