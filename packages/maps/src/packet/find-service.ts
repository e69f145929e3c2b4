import type { ExplanationCode } from '../explain/explanation.ts';
import { findFromOutside } from '../explain/find-from-outside.ts';
import type { FoundService } from '../explain/service-key.ts';
import type { ReasonName } from '../flow/reasons.ts';
import type { Run } from './run.ts';

const reasonOf: { readonly [C in ExplanationCode]?: ReasonName } = {
  wildcard: 'drop_wildcard',
  'no-service': 'pass_no_service',
  'not-routable': 'drop_not_routable',
  'loopback-only': 'pass_no_service',
  'l7-proxy': 'pass_l7_service',
  nat46x64: 'drop_unsupported_service',
  'source-range': 'drop_source_range',
};

/** The service that a packet from outside is for, or why there is none for it. */
export function findService({ packet, trace }: Run): FoundService | ReasonName {
  const { family, from, to, proto } = packet;
  const destination = { family, client: from.address, address: to.address, port: to.port, proto };
  const found = findFromOutside(trace, destination);
  if ('verdict' in found) return reasonOf[found.code]!;
  return found;
}
