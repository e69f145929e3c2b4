import type { RequestHalf } from './flow-state.ts';
import type { End, Run } from './run.ts';
import { sentBy, snatAddress } from './way-out.ts';
import { writePacket } from './write-packet.ts';

/**
 * A client's packet on to its backend: a remote one gets it from our address and port, sent back out of the device; for one
 * on this node only the destination changes, and the kernel delivers it.
 */
export function sendOn(run: Run, { backend, snatPort, way }: RequestHalf): End {
  const { packet } = run;
  if (snatPort === undefined) {
    const frame = writePacket(packet, { to: backend });
    return { verdict: 'pass', reason: 'sent_local_request', backend, frame };
  }
  const from = { address: snatAddress(run)!, port: snatPort };
  const frame = writePacket(packet, { from, to: backend, link: way!.link });
  return { verdict: sentBy(run), reason: 'sent_request', backend, frame };
}
