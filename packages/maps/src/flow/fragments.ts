import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { be16, u8, u32 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { struct } from '../codec/struct.ts';
import { IpProto } from '../layouts/names.ts';

// bpf/include/lbx/fragments.h

const rest = {
  id: u32.doc('Identification, as loaded from the header: network order, of IPv4 in the low 16 bits'),
  proto: u8.values(IpProto).doc('IPPROTO_*'),
  pad: pad(3),
};

const ports = {
  sport: be16.doc('Source port'),
  dport: be16.doc('Destination port'),
  seen: u32.doc('Jiffies of the first fragment'),
};

/** A fragmented datagram; 16 bytes. */
export const LbxFragment4Key = struct('lbx_fragment4_key', {
  saddr: ipv4.doc('Source address'),
  daddr: ipv4.doc('Destination address'),
  ...rest,
});
export type LbxFragment4Key = TypeOf<typeof LbxFragment4Key>;

/** The same of IPv6; 40 bytes. */
export const LbxFragment6Key = struct('lbx_fragment6_key', {
  saddr: ipv6.doc('Source address'),
  daddr: ipv6.doc('Destination address'),
  ...rest,
});
export type LbxFragment6Key = TypeOf<typeof LbxFragment6Key>;

/** The ports that its first fragment told; 8 bytes. */
export const LbxFragment4 = struct('lbx_fragment4', ports);
/** The same of IPv6. */
export const LbxFragment6 = struct('lbx_fragment6', ports);
export type LbxFragment = TypeOf<typeof LbxFragment4>;
