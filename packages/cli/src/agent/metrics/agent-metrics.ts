import { metricGroups } from './all-metrics.ts';
import { watchEventLoop } from './event-loop-lag.ts';
import type { MetricSources } from './metric.ts';
import type { MetricsServer, MetricsServerOptions } from './metrics-server.ts';

export interface MetricsOptions {
  /** Where /metrics is served; nowhere when empty. */
  readonly bind: readonly { readonly address: string; readonly port: number }[];
  /** How many Services have traffic under their own names; none when absent. Needs the option `traffic`. */
  readonly services?: number;
}

/** Serves the metrics of an agent. Nothing is loaded and nothing runs where none are asked for. */
export async function startAgentMetrics(
  { bind, services = 0 }: MetricsOptions,
  sources: MetricSources,
  pages: MetricsServerOptions['pages'],
  onProblem: (problem: Error) => void,
): Promise<Pick<MetricsServer, 'close'>> {
  if (bind.length === 0) return { close: async () => {} };
  // prom-client is for those who want metrics.
  const [{ createRegistry }, { startMetricsServer }] = await Promise.all([
    import('./registry.ts'),
    import('./metrics-server.ts'),
  ]);
  const lag = watchEventLoop();
  const registry = createRegistry(Object.values(metricGroups(services, lag)).flat(), sources);
  const server = startMetricsServer({ bind, registry, onProblem, ...(pages === undefined ? {} : { pages }) });
  await server.tried;
  return {
    close() {
      lag.close();
      return server.close();
    },
  };
}
