import { type Metric, only } from './metric.ts';

/** How changes get into the maps. */
export const changeMetrics: readonly Metric[] = [
  {
    name: 'lbx_network_programming_duration_seconds',
    type: 'histogram',
    help: "From a change of endpoints in the cluster until it is in the maps: kube-proxy's measure of the same name, with its bounds",
    read: ({ loadBalancer }) => [{ value: loadBalancer.reconcile.latency.fromTrigger }],
  },
  {
    name: 'lbx_event_programming_duration_seconds',
    type: 'histogram',
    help: 'From the arrival of a change at this node until it is in the maps',
    read: ({ loadBalancer }) => [{ value: loadBalancer.reconcile.latency.fromEvent }],
  },
  {
    name: 'lbx_apply_duration_seconds',
    type: 'histogram',
    help: 'Planning and writing of changes, turn by turn',
    read: ({ stats }) => [{ value: stats.apply }],
  },
  {
    name: 'lbx_apply_write_duration_seconds',
    type: 'histogram',
    help: "The part of it that was spent in the kernel's maps",
    read: ({ stats }) => [{ value: stats.write }],
  },
  {
    name: 'lbx_map_failures_total',
    type: 'counter',
    help: 'Writes that the kernel refused; they are tried again',
    labels: ['map', 'code'],
    read: ({ stats }) =>
      [...stats.failures.values()].map(({ map, code, count }) => ({ labels: { map, code }, value: count })),
  },
  {
    name: 'lbx_frontends',
    type: 'gauge',
    help: 'Frontends that are wanted, those that are not as wanted because writes failed (tried again) or because they cannot be written at all, and those that were found and stay because of objects that cannot be read',
    labels: ['state'],
    read: ({ loadBalancer, stats: { last } }) => [
      { labels: { state: 'desired' }, value: last.frontends },
      { labels: { state: 'failing' }, value: loadBalancer.reconcile.pending },
      { labels: { state: 'refused' }, value: last.refused },
      { labels: { state: 'kept' }, value: last.kept },
      { labels: { state: 'programmed' }, value: Math.max(0, last.frontends - last.pending) },
    ],
  },
  {
    name: 'lbx_recoveries_total',
    type: 'counter',
    help: 'How often everything was worked out anew after a mistake of the agent',
    read: ({ stats }) => only(stats.recoveries),
  },
  {
    name: 'lbx_drift_checks_total',
    type: 'counter',
    help: 'How often all maps were compared with what was written to them',
    read: ({ loadBalancer }) => only(loadBalancer.reconcile.drift.checks),
  },
  {
    name: 'lbx_drift_repairs_total',
    type: 'counter',
    help: 'Entries that somebody else had deleted, changed or added, or that follow from others and were wrong; put right',
    labels: ['kind'],
    read: ({ loadBalancer: { reconcile } }) =>
      (['missing', 'changed', 'foreign', 'derived'] as const).map((kind) => ({
        labels: { kind },
        value: reconcile.drift[kind],
      })),
  },
];
