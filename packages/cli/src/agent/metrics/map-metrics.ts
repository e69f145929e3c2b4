import type { MapUsage } from '@lbx/core';
import type { Metric, MetricSources, Sample } from './metric.ts';

const perMap = ({ loadBalancer }: MetricSources, value: (usage: MapUsage) => number): Sample[] =>
  Object.entries(loadBalancer.usage().maps).map(([map, usage]) => ({ labels: { map }, value: value(usage) }));

const perIdSpace = ({ loadBalancer }: MetricSources, of: 'used' | 'quarantined' | 'max'): Sample[] =>
  Object.entries(loadBalancer.usage().ids).map(([kind, usage]) => ({ labels: { kind }, value: usage[of] }));

const perFlowTable = ({ loadBalancer }: MetricSources, of: 'used' | 'freed' | 'maxEntries'): Sample[] =>
  Object.entries(loadBalancer.usage().flows).map(([table, usage]) => ({
    labels: { table },
    value: usage[of],
  }));

/** How full things are, and what is done to them. Nothing is read from the kernel for it but the state of hooks. */
export const mapMetrics: readonly Metric[] = [
  {
    name: 'lbx_map_entries',
    type: 'gauge',
    help: 'Entries of the maps of services',
    labels: ['map'],
    read: (sources) => perMap(sources, ({ entries }) => entries),
  },
  {
    name: 'lbx_map_max_entries',
    type: 'gauge',
    help: 'How many fit; the pressure of a map is lbx_map_entries / lbx_map_max_entries',
    labels: ['map'],
    read: (sources) => perMap(sources, ({ maxEntries }) => maxEntries),
  },
  {
    name: 'lbx_map_operations_total',
    type: 'counter',
    help: 'Writes done',
    labels: ['map', 'operation'],
    read: ({ loadBalancer }) =>
      Object.entries(loadBalancer.usage().maps).flatMap(([map, { sets, deletes }]) => [
        { labels: { map, operation: 'set' }, value: sets },
        { labels: { map, operation: 'delete' }, value: deletes },
      ]),
  },
  {
    name: 'lbx_ids_used',
    type: 'gauge',
    help: 'Ids that frontends and backends have',
    labels: ['kind'],
    read: (sources) => perIdSpace(sources, 'used'),
  },
  {
    name: 'lbx_ids_quarantined',
    type: 'gauge',
    help: 'Ids that are kept from new owners until no flow can have them any more, or none is left',
    labels: ['kind'],
    read: (sources) => perIdSpace(sources, 'quarantined'),
  },
  {
    name: 'lbx_ids_max',
    type: 'gauge',
    help: 'How many ids there are',
    labels: ['kind'],
    read: (sources) => perIdSpace(sources, 'max'),
  },
  {
    name: 'lbx_flows',
    type: 'gauge',
    help: 'Flows that are remembered, as the last sweep found them',
    labels: ['table'],
    read: (sources) => perFlowTable(sources, 'used'),
  },
  {
    name: 'lbx_flows_max',
    type: 'gauge',
    help: 'How many there is room for',
    labels: ['table'],
    read: (sources) => perFlowTable(sources, 'maxEntries'),
  },
  {
    name: 'lbx_flows_swept_total',
    type: 'counter',
    help: 'Flows that were over and whose memory was given back by sweeps',
    labels: ['table'],
    read: (sources) => perFlowTable(sources, 'freed'),
  },
  {
    name: 'lbx_hooks',
    type: 'gauge',
    help: 'Programs on hooks of the kernel; gone: taken off by somebody else, or with their device',
    labels: ['hook', 'state'],
    read: ({ loadBalancer }) =>
      Object.entries(loadBalancer.usage().hooks).flatMap(([hook, { attached, gone }]) => [
        { labels: { hook, state: 'attached' }, value: attached },
        { labels: { hook, state: 'gone' }, value: gone },
      ]),
  },
  {
    name: 'lbx_udp_sockets_destroyed_total',
    type: 'counter',
    help: 'Connected UDP sockets that were ended because their backend went',
    read: ({ loadBalancer }) => {
      const { sockets } = loadBalancer.usage();
      return sockets === undefined ? [] : [{ value: sockets.destroyed }];
    },
  },
];
