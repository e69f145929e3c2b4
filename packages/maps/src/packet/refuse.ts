import type { FoundService } from '../explain/service-key.ts';
import type { ReasonName } from '../flow/reasons.ts';
import { refuse } from './icmp-error.ts';
import { type End, endBy, type Run } from './run.ts';

/**
 * A packet for a service that gets no backend. No endpoint anywhere: the client is told. None here but some on other nodes:
 * silence, as whoever balances between nodes may be about to look elsewhere.
 */
export function refuseService(run: Run, service: FoundService, reason: ReasonName): End {
  if (reason !== 'drop_no_backend') return endBy(run, reason);
  if (run.servedElsewhere(service.value.revNatIndex)) return endBy(run, 'drop_no_local_backend');
  if (!run.settings.reject) return endBy(run, reason);
  return refuse(run, reason, { kind: 'port-unreachable' });
}

/** A packet that is longer than its way takes. */
export function refuseLength(run: Run, mtu: number): End {
  return refuse(run, 'drop_too_big', { kind: 'too-big', mtu });
}

/** A packet that may go no further. */
export function refuseHops(run: Run): End {
  return refuse(run, 'drop_ttl', { kind: 'ttl-exceeded' });
}
