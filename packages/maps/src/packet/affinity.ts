import type { FoundService } from '../explain/service-key.ts';
import { ServiceFlag } from '../layouts/names.ts';
import { affinityKey } from './flow-state.ts';
import type { Run } from './run.ts';

/**
 * The backend that the client's last new flow to a service with session affinity got. The timeout counts from that flow.
 * An entry that is too old, or whose backend the service no longer has, is forgotten.
 */
export function lastBackend(run: Run, service: FoundService): number | undefined {
  const { value } = service;
  if (!(value.flags & ServiceFlag.affinity)) return undefined;
  const { flows, clock, trace } = run;
  const revNatId = value.revNatIndex;
  const key = affinityKey(run.packet.from.address, revNatId);
  const last = flows.affinities.get(key);
  if (last === undefined) return undefined;
  // Of a service with a proxy port instead of a timeout nothing is remembered; it does not come here.
  const seconds = 'affinityTimeout' in value ? value.affinityTimeout.seconds : 0;
  const isOld = clock.isOver(clock.seconds - Number(last.lastUsed), seconds);
  const match = { backendId: last.backendId, revNatId };
  if (
    isOld ||
    trace.lookup('lb_affinity_match', match, 'does the service still have the last backend') === undefined
  ) {
    flows.affinities.delete(key);
    return undefined;
  }
  flows.affinities.set(key, { ...last, lastUsed: BigInt(clock.seconds) });
  return last.backendId;
}

/** Only what was chosen for a service with affinity is remembered. */
export function rememberBackend(run: Run, { value }: FoundService, id: number): void {
  if (!(value.flags & ServiceFlag.affinity)) return;
  const key = affinityKey(run.packet.from.address, value.revNatIndex);
  run.flows.affinities.set(key, { lastUsed: BigInt(run.clock.seconds), backendId: id });
}
