import { hostPort } from '../model/endpoint-name.ts';
import { type Decided, decisionLines } from './decided.ts';
import { type MatcherResult, resultOf } from './matcher-result.ts';

/**
 * Does the flow (`explain`) or frame (`explainPacket`) go to one of these backends, and to no other? If not, every look
 * into the maps is shown.
 *
 *     expect(explain(tables, flow)).toBeForwardedTo('192.0.2.10:8080');
 *
 * @param backends - `192.0.2.10:8080`, `[2001:db8::a]:8080`.
 */
export function toBeForwardedTo(received: Decided, ...backends: readonly string[]): MatcherResult {
  const { verdict, backend, candidates = [] } = received;
  const possible = (backend === undefined ? candidates : [backend]).map(({ address, port }) =>
    hostPort(address, port),
  );
  const met =
    verdict !== 'drop' &&
    verdict !== 'reject' &&
    possible.length > 0 &&
    possible.every((one) => backends.includes(one));
  return resultOf(`forwarded to ${backends.join(' or ')}`, met ? [] : decisionLines(received));
}
