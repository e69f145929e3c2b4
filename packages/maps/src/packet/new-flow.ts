import { FlowFlag } from '../flow/flow4.ts';
import type { ReasonName } from '../flow/reasons.ts';
import { isStillThere } from './backend-of-flow.ts';
import { bindFlow } from './bind-flow.ts';
import { isByDsr } from './dsr.ts';
import { findService } from './find-service.ts';
import { flagsAfter, isClosing } from './flow-phase.ts';
import type { FlowTuple, RemoteReply } from './flow-state.ts';
import { isTcpStart } from './packet.ts';
import { pickBackend } from './pick-backend.ts';
import { refuseHops, refuseService } from './refuse.ts';
import { findLostReply } from './reply-place.ts';
import { type End, endBy, type Run } from './run.ts';
import { mayKeepPorts } from './sctp.ts';
import { wayToBackend } from './way-out.ts';

/**
 * A packet without a flow, or of one that is `over` for a reason: finds the service, chooses a backend, makes both halves.
 * What there is to note is noted when the packet is sent.
 */
export function newFlow(run: Run, tuple: FlowTuple, over: ReasonName | undefined): End {
  const { packet } = run;
  const service = findService(run);
  if (typeof service === 'string') return endBy(run, service);
  const { revNatIndex: revNatId, count } = service.value;
  if (count === 0) return refuseService(run, service, 'drop_no_backend');
  const byDsr = isByDsr(run, service);

  const lost = over || byDsr ? undefined : lostHalf(run, tuple, revNatId);
  const picked = lost ? { ...lost.backend, local: false } : pickBackend(run, service);
  if (typeof picked === 'string') return refuseService(run, service, picked);
  const { local, ...backend } = picked;
  if (!local && packet.hops <= 1) return refuseHops(run);
  const way = local ? 'here' : wayToBackend(run, backend);
  if (way !== 'here' && typeof way === 'string') return endBy(run, way);

  const keepsSource = way === 'here' || byDsr;
  if (!mayKeepPorts(tuple, backend, keepsSource)) return endBy(run, 'drop_sctp_ports');

  if (over) run.notes.push(over);
  run.notes.push(lost ? 'note_healed_flow' : 'note_new_flow');
  let flags = flagsAfter(lost?.flags ?? 0, 'request', packet.tcpFlags);
  // The answers are not seen here: what the client sends next confirms the flow.
  if (way !== 'here' && byDsr) flags |= FlowFlag.dsr | FlowFlag.replied;
  return bindFlow(run, { ...tuple, backend, revNatId, flags }, way);
}

/** In mid-flow: the request half may be lost while the backend's half is not. It counts if nothing has changed since. */
export function lostHalf(run: Run, tuple: FlowTuple, revNatId: number): RemoteReply | undefined {
  if (isTcpStart(run.packet.tcpFlags)) return undefined;
  const half = findLostReply(run, tuple);
  if (half === undefined || isClosing(half.flags) || half.revNatId !== revNatId) return undefined;
  return isStillThere(run, half.backend) ? half : undefined;
}
