import type { Request } from './messages.ts';

/** How the requests of one way in were spread. */
export interface Tally {
  readonly requests: number;
  readonly errors: number;
  readonly firstError?: string;
  readonly rows: readonly {
    readonly pod: string;
    readonly requests: number;
    readonly share: number;
    /** Addresses that the pod saw requests come from. */
    readonly sources: readonly string[];
  }[];
}

export function tallyOf(requests: readonly Request[]): Tally {
  const pods = new Map<string, Request[]>();
  for (const request of requests) {
    if (request.answer === undefined) continue;
    const list = pods.get(request.answer.pod);
    if (list === undefined) pods.set(request.answer.pod, [request]);
    else list.push(request);
  }
  const errors = requests.filter(({ error }) => error !== undefined);
  return {
    requests: requests.length,
    errors: errors.length,
    ...(errors[0]?.error === undefined ? {} : { firstError: errors[0].error }),
    rows: [...pods]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([pod, answered]) => ({
        pod,
        requests: answered.length,
        share: answered.length / requests.length,
        sources: [...new Set(answered.map(({ answer }) => answer?.source ?? ''))],
      })),
  };
}
