import { BackendStateByte, ServiceFlag } from '../layouts/names.ts';
import type { ExplainedBackend, ExplainOptions, Flow } from './explanation.ts';
import { readBackend } from './read-backend.ts';
import type { FoundService } from './service-key.ts';
import type { Trace } from './trace.ts';

/**
 * The backend that this client had last, if the service has session affinity, the entry is younger than its timeout, and
 * the service still has that backend (affinity match).
 */
export function affinityBackend(
  trace: Trace,
  { family, value }: FoundService,
  client: string,
  flow: Flow,
  options: ExplainOptions,
): ExplainedBackend | undefined {
  if (!(value.flags & ServiceFlag.affinity) || !('affinityTimeout' in value)) return undefined;
  const revNatId = value.revNatIndex;
  const map = family === 4 ? 'lb4_affinity' : 'lb6_affinity';
  if (flow.hook === 'connect' && flow.netnsCookie === undefined) {
    trace.note('session affinity: not looked up, as the network namespace of the socket is not known');
    return undefined;
  }
  const key =
    flow.hook === 'connect'
      ? { clientCookie: flow.netnsCookie!, revNatId, netnsCookie: true }
      : { clientIp: client, revNatId, netnsCookie: false };
  const last = trace.lookup(map, key, 'the last backend of the client');
  if (last === undefined) return undefined;
  const { seconds } = value.affinityTimeout;
  if (options.nowSeconds !== undefined && options.nowSeconds - Number(last.lastUsed) >= seconds) {
    trace.note(
      `it is ${options.nowSeconds - Number(last.lastUsed)} s old: the service forgets after ${seconds} s`,
    );
    return undefined;
  }
  const match = { backendId: last.backendId, revNatId };
  if (trace.lookup('lb_affinity_match', match, 'does the service still have it') === undefined)
    return undefined;
  const backend = readBackend(trace, family, last.backendId);
  if (
    backend !== undefined &&
    options.datapath !== 'cilium' &&
    backend.stateByte !== BackendStateByte.active
  ) {
    trace.note('it is going away and gets no new flows');
    return undefined;
  }
  return backend?.backend;
}
