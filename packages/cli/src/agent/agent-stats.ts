import { type ApplyReport, createHistogram, type HistogramValues } from '@lbx/core';

/** What the agent did since its start, for metrics. */
export interface AgentStats {
  readonly applies: number;
  /** The last one. */
  readonly last: Pick<ApplyReport, 'frontends' | 'pending' | 'kept'> & { readonly refused: number };
  /** Writes that the kernel refused, by map and code of the error. */
  readonly failures: ReadonlyMap<string, { readonly map: string; readonly code: string; count: number }>;
  /** Seconds: working a change out and writing it; the kernel's part. */
  readonly apply: HistogramValues;
  readonly write: HistogramValues;
  /** How often everything was worked out anew after a mistake. */
  readonly recoveries: number;
  applied(report: ApplyReport): void;
  recovered(): void;
}

export function createAgentStats(): AgentStats {
  const apply = createHistogram();
  const write = createHistogram();
  const failures = new Map<string, { map: string; code: string; count: number }>();
  let applies = 0;
  let recoveries = 0;
  let last: AgentStats['last'] = { frontends: 0, pending: 0, kept: 0, refused: 0 };
  return {
    get applies() {
      return applies;
    },
    get last() {
      return last;
    },
    failures,
    get apply() {
      return apply.values;
    },
    get write() {
      return write.values;
    },
    get recoveries() {
      return recoveries;
    },
    applied({ frontends, pending, kept, refused, failed, ms, writeMs }) {
      applies += 1;
      last = { frontends, pending, kept, refused: refused.length };
      apply.observe(ms / 1000);
      write.observe(writeMs / 1000);
      for (const { map, error } of failed) {
        const code = String((error as { code?: unknown }).code ?? 'unknown');
        const known = failures.get(`${map} ${code}`);
        if (known === undefined) failures.set(`${map} ${code}`, { map, code, count: 1 });
        else known.count += 1;
      }
    },
    recovered() {
      recoveries += 1;
    },
  };
}
