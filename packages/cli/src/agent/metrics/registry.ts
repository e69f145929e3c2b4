import type { HistogramValues } from '@lbx/core';
import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValueWithName,
  Registry,
} from 'prom-client';
import type { Metric, MetricSources, Sample } from './metric.ts';

/** A registry of prom-client whose metrics are read when they are asked for. */
export function createRegistry(metrics: readonly Metric[], sources: MetricSources): Registry {
  const registry = new Registry();
  for (const metric of metrics) {
    const { name, help, type } = metric;
    const config = { name, help, labelNames: [...(metric.labels ?? [])], registers: [registry] };
    if (type === 'histogram') {
      new ReadHistogram(config, () => metric.read(sources));
    } else if (type === 'counter') {
      new Counter({
        ...config,
        collect() {
          this.reset();
          for (const { labels = {}, value } of metric.read(sources)) this.inc(labels, value);
        },
      });
    } else {
      new Gauge({
        ...config,
        collect() {
          this.reset();
          for (const { labels = {}, value } of metric.read(sources)) this.set(labels, value);
        },
      });
    }
  }
  return registry;
}

/** A histogram that somebody else keeps. */
class ReadHistogram extends Histogram<string> {
  readonly #described: { readonly name: string; readonly help: string };
  readonly #read: () => Iterable<Sample<HistogramValues>>;
  constructor(
    config: ConstructorParameters<typeof Histogram<string>>[0],
    read: () => Iterable<Sample<HistogramValues>>,
  ) {
    super(config);
    this.#described = { name: config.name, help: config.help };
    this.#read = read;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const { name, help } = this.#described;
    return {
      name,
      help,
      type: 'histogram' as never,
      aggregator: 'sum',
      collect() {},
      values: [...this.#read()].flatMap((sample) => lines(name, sample)),
    };
  }

  /** What a registry calls in the place of get() where there is one. */
  getForPromString() {
    return this.get();
  }
}

function lines(
  name: string,
  { labels = {}, value: { bounds, counts, count, sum } }: Sample<HistogramValues>,
): MetricValueWithName<string>[] {
  const bucket = (le: number | string, value: number) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  });
  return [
    ...bounds.map((bound, i) => bucket(bound, counts[i] ?? 0)),
    bucket('+Inf', count),
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
