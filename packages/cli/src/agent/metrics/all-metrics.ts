import { changeMetrics } from './change-metrics.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { mapMetrics } from './map-metrics.ts';
import type { Metric } from './metric.ts';
import { packetMetrics } from './packet-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { serviceMetrics } from './service-metrics.ts';
import { sourceMetrics } from './source-metrics.ts';

/** Metrics by what they are about. */
export function metricGroups(
  services: number,
  lag: Pick<EventLoopLag, 'values'>,
): Readonly<Record<string, readonly Metric[]>> {
  const loop: Metric = {
    name: 'lbx_event_loop_lag_seconds',
    type: 'histogram',
    help: 'How late timers come, twice a second',
    read: () => [{ value: lag.values }],
  };
  return {
    Changes: changeMetrics,
    'Maps, ids and hooks': mapMetrics,
    Packets: packetMetrics,
    Services: services > 0 ? serviceMetrics(services) : [],
    'Where services come from': sourceMetrics,
    Process: [...processMetrics, loop],
  };
}
