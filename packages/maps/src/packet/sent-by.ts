import type { PacketVerdict, Run } from './run.ts';

/** The verdict on a packet that this node sends: back out of the device, or (tc) out of any. */
export function sentBy({ hook }: Run): PacketVerdict {
  return hook === 'xdp' ? 'tx' : 'redirect';
}
