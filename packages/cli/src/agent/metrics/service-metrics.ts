import type { Metric, MetricSources, Sample } from './metric.ts';
import { createTrafficTotals, type TrafficTotal } from './service-traffic-totals.ts';

/** Traffic by service, of so many services by name. */
export function serviceMetrics(most: number): readonly Metric[] {
  const totals = createTrafficTotals(most);
  const read = (
    { loadBalancer }: MetricSources,
    request: keyof TrafficTotal,
    reply: keyof TrafficTotal,
  ): Sample[] =>
    [...totals.add(loadBalancer.serviceTraffic())].flatMap(([service, total]) => [
      { labels: { service, direction: 'request' }, value: total[request] },
      { labels: { service, direction: 'reply' }, value: total[reply] },
    ]);
  const labels = ['service', 'direction'];
  return [
    {
      name: 'lbx_service_packets_total',
      type: 'counter',
      help: 'With serviceMetrics: packets that were translated, by Service; "(other)" are all that have no name of their own. Sockets that connect to services are not in it',
      labels,
      read: (sources) => read(sources, 'requestPackets', 'replyPackets'),
    },
    {
      name: 'lbx_service_bytes_total',
      type: 'counter',
      help: 'With serviceMetrics: bytes of their frames',
      labels,
      read: (sources) => read(sources, 'requestBytes', 'replyBytes'),
    },
  ];
}
