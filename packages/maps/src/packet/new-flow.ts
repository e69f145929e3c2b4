import { ServiceFlag2 } from '../layouts/names.ts';
import { isStillThere } from './backend-of-flow.ts';
import { bindFlow } from './bind-flow.ts';
import { findService } from './find-service.ts';
import { flagsAfter, isClosing } from './flow-phase.ts';
import type { FlowTuple, RemoteReply } from './flow-state.ts';
import { isTcpStart } from './packet.ts';
import { pickBackend } from './pick-backend.ts';
import { refuseHops, refuseService } from './refuse.ts';
import { findLostReply } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { wayToBackend } from './way-out.ts';

/** A packet without a flow (`unknown`), or of one that is over: finds the service, chooses a backend, makes both halves. */
export function newFlow(run: Run, tuple: FlowTuple, before: 'unknown' | 'over'): End {
  const { packet } = run;
  const service = findService(run);
  if (typeof service === 'string') return endBy(service);
  const { revNatIndex: revNatId, flags2, count } = service.value;
  if (count === 0) return refuseService(run, service, 'drop_no_backend');
  if (flags2 & ServiceFlag2.dsr) run.notes.push('note_dsr_by_snat');

  const lost = before === 'unknown' ? lostHalf(run, tuple, revNatId) : undefined;
  const picked = lost ? { ...lost.backend, local: false } : pickBackend(run, service);
  if (typeof picked === 'string') return refuseService(run, service, picked);
  run.notes.push(lost ? 'note_healed_flow' : 'note_new_flow');
  const { local, ...backend } = picked;
  const flags = flagsAfter(lost?.flags ?? 0, 'request', packet.tcpFlags);
  const flow = { ...tuple, backend, revNatId, flags };
  if (local) return bindFlow(run, flow, 'here');
  if (packet.hops <= 1) return refuseHops(run);
  const way = wayToBackend(run, backend.address);
  if (way !== 'here' && typeof way === 'string') return endBy(way);
  return bindFlow(run, flow, way);
}

/** In mid-flow: the request half may be lost while the backend's half is not. It counts if nothing has changed since. */
function lostHalf(run: Run, tuple: FlowTuple, revNatId: number): RemoteReply | undefined {
  if (isTcpStart(run.packet.tcpFlags)) return undefined;
  const half = findLostReply(run, tuple);
  if (half === undefined || isClosing(half.flags) || half.revNatId !== revNatId) return undefined;
  return isStillThere(run, half.backend) ? half : undefined;
}
