import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u8, u16, u64 } from '../codec/integers.ts';
import { struct } from '../codec/struct.ts';
import { MapFlag, mapLayout } from './map-layout.ts';

// Cilium 1.20.2: metrics_key, metrics_value.

export const MetricsKey = struct('metrics_key', {
  reason: u8.doc('Drop reason (130 and up) or forward reason'),
  dir: u8.values({ ingress: 1, egress: 2, service: 3 }).doc('Direction (two bits)'),
  line: u16.doc('Source line of the datapath'),
  file: u8.doc('Source file number of the datapath'),
  reserved: pad(3),
});
export type MetricsKey = TypeOf<typeof MetricsKey>;

export const MetricsValue = struct('metrics_value', { count: u64.doc('Packets'), bytes: u64.doc('Bytes') });
export type MetricsValue = TypeOf<typeof MetricsValue>;

export const metrics = mapLayout('percpu_hash', 'metrics', MetricsKey, MetricsValue, {
  maxEntries: 65536,
  flags: MapFlag.noPrealloc,
  doc: 'Packets and bytes by reason and direction',
});
