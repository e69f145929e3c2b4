import type { Way } from './flow-state.ts';
import { ipLengthOf } from './ip-length.ts';
import type { Packet } from './packet.ts';

const DONT_FRAGMENT = 0x4000;

/** Is a packet, with what is added to it, no longer than its way takes? */
export function fits(packet: Packet, way: Way, growth = 0): boolean {
  return ipLengthOf(packet) + growth <= (way.link?.mtu ?? Number.POSITIVE_INFINITY);
}

/** Too long, and not to be cut on its way? */
export function isTooBig(packet: Packet, way: Way): boolean {
  return !fits(packet, way) && isWhole(packet);
}

/** IPv6 leaves cutting to the sender, IPv4 when it says so. */
function isWhole({ family, frame, ipAt }: Packet): boolean {
  return family === 6 || (((frame[ipAt + 6]! << 8) | frame[ipAt + 7]!) & DONT_FRAGMENT) !== 0;
}
