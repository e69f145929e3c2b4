import { type Decided, decisionLines } from './decided.ts';
import { type MatcherResult, resultOf } from './matcher-result.ts';

/**
 * Is this what becomes of the flow (`explain`) or frame (`explainPacket`)? If not, every look into the maps is shown.
 *
 *     expect(explain(tables, flow)).toHaveVerdict('reject', 'no-backend');
 *
 * @param why - the code of an explanation, or the reason of a packet's outcome.
 */
export function toHaveVerdict(received: Decided, verdict: string, why?: string): MatcherResult {
  const met =
    received.verdict === verdict && (why === undefined || why === received.code || why === received.reason);
  const subject = why === undefined ? verdict : `${verdict} (${why})`;
  return resultOf(subject, met ? [] : decisionLines(received));
}
