import { u32 } from '../codec/integers.ts';
import { scalar } from '../codec/struct.ts';

// bpf/include/lbx/peer.h

export const LbxPodDevice = scalar('ifindex', u32.doc("The node's end of a pod's veth pair"));

export const LbxPodDeviceValue = scalar('flags', u32.doc('No meaning yet: 0'));
