import type { Packet } from './packet.ts';

/** Bytes of the IP packet, as it says itself: what the link added behind it is not part of it. */
export function ipLengthOf({ family, frame, ipAt }: Packet): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  return family === 4 ? view.getUint16(ipAt + 2) : 40 + view.getUint16(ipAt + 4);
}
