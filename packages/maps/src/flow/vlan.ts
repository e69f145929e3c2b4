import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u16, u32 } from '../codec/integers.ts';
import { scalar, struct } from '../codec/struct.ts';

// bpf/include/lbx/vlan.h

/** A VLAN on a device. */
export const LbxVlanKey = struct('lbx_vlan_key', {
  ifindex: u32.doc('Device that the tagged frames are on'),
  vlan: u16.doc('Id in the tag'),
  pad: pad(2),
});
export type LbxVlanKey = TypeOf<typeof LbxVlanKey>;

export const LbxVlanDevice = scalar('ifindex', u32.doc("The VLAN's own device"));
