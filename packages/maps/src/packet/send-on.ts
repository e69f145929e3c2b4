import { FlowFlag } from '../flow/flow4.ts';
import { fitsDsr, sendByDsr } from './dsr-send.ts';
import { fits, isTooBig } from './fits.ts';
import { kindOf } from './flow-phase.ts';
import type { RequestHalf } from './flow-state.ts';
import { refuseLength } from './refuse.ts';
import type { End, Run } from './run.ts';
import { sentBy } from './sent-by.ts';
import { snatAddress } from './way-out.ts';
import { writePacket } from './write-packet.ts';

/** Is a packet of a flow to a remote backend no longer than its way takes? */
export function fitsOn(run: Run, { way, flags }: RequestHalf): boolean {
  return flags & FlowFlag.dsr ? fitsDsr(run, way!) : fits(run.packet, way!);
}

/**
 * A client's packet on to its backend. A remote one gets it from our address and port, or by DSR from the client; for one
 * on this node only the destination changes, and the kernel delivers it.
 */
export function sendOn(run: Run, flow: RequestHalf): End {
  const { backend, snatPort, way } = flow;
  const { packet } = run;
  switch (kindOf(flow)) {
    case 'local':
      return {
        verdict: 'pass',
        reason: 'sent_local_request',
        backend,
        frame: writePacket(packet, { to: backend }),
      };
    case 'dsr':
      return sendByDsr(run, flow);
    case 'snat': {
      if (isTooBig(packet, way!)) return refuseLength(run, way!.link!.mtu!);
      const from = { address: snatAddress(run)!, port: snatPort! };
      const frame = writePacket(packet, { from, to: backend, sends: way!.link ?? 'unresolved' });
      return { verdict: sentBy(run), reason: 'sent_request', backend, frame };
    }
  }
}
