import { reasons } from '@lbx/maps';
import type { Metric, MetricSources, Sample } from './metric.ts';

const kinds: ReadonlyMap<string, string> = new Map(reasons.map(({ name, kind }) => [name, kind]));

const perReason = ({ loadBalancer }: MetricSources, of: 'packets' | 'bytes'): Sample[] =>
  Object.entries(loadBalancer.counters()).map(([reason, count]) => ({
    labels: { kind: kinds.get(reason) ?? 'other', reason },
    value: count[of],
  }));

/** What became of packets, from the programs' counters. */
export const packetMetrics: readonly Metric[] = [
  {
    name: 'lbx_packets_total',
    type: 'counter',
    help: 'Packets by what became of them; kind="drop" are those that were dropped. Reasons that never came up are left out',
    labels: ['kind', 'reason'],
    read: (sources) => perReason(sources, 'packets'),
  },
  {
    name: 'lbx_packet_bytes_total',
    type: 'counter',
    help: 'Bytes of their frames; 0 for notes',
    labels: ['kind', 'reason'],
    read: (sources) => perReason(sources, 'bytes'),
  },
];
