import type { TypeOf } from '../codec/field.ts';
import { u32, u64 } from '../codec/integers.ts';
import { scalar, struct } from '../codec/struct.ts';

// bpf/include/lbx/traffic.h

export const LbxFrontendTrafficKey = scalar(
  'revNatId',
  u32.brand<'RevNatId'>().doc('Frontend; host order, unlike in service entries'),
);

export const LbxBackendTrafficKey = scalar('backendId', u32.brand<'BackendId'>().doc('Backend'));

/** Packets that were translated for one frontend or backend, on one CPU; 32 bytes. Bytes are of frames. */
export const LbxTraffic = struct('lbx_traffic', {
  requestPackets: u64.doc('From clients'),
  requestBytes: u64.doc('Bytes of their frames as they came in'),
  replyPackets: u64.doc('To clients'),
  replyBytes: u64.doc('Bytes of their frames'),
});
export type LbxTraffic = TypeOf<typeof LbxTraffic>;
