import type { HistogramValues, LoadBalancer } from '@lbx/core';
import type { ObjectSource, Translator } from '@lbx/k8s-sync';
import type { AgentStats } from '../agent-stats.ts';

/** What metrics are read from, when they are asked for. */
export interface MetricSources {
  readonly loadBalancer: Pick<LoadBalancer, 'counters' | 'reconcile' | 'serviceTraffic' | 'usage'>;
  readonly source: Pick<ObjectSource, 'status'>;
  readonly translator: Pick<Translator, 'synced' | 'work' | 'problems'>;
  readonly stats: AgentStats;
  readonly version: string;
}

/** One value of a metric, told from its others by labels. */
export interface Sample<V = number> {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: V;
}

/** A metric, declared once: what is served and docs/metrics.md are made from it. */
export type Metric =
  | (Declared & {
      readonly type: 'counter' | 'gauge';
      read(sources: MetricSources): Iterable<Sample>;
    })
  | (Declared & {
      readonly type: 'histogram';
      read(sources: MetricSources): Iterable<Sample<HistogramValues>>;
    });

interface Declared {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** One value without labels; none for undefined. */
export const only = (value: number | undefined): Sample[] => (value === undefined ? [] : [{ value }]);
