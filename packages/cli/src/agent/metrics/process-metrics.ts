import { performance } from 'node:perf_hooks';
import { type Metric, only } from './metric.ts';

/** The agent's process. The first three have the names that dashboards know of all processes. */
export const processMetrics: readonly Metric[] = [
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    help: 'Processor time, in user space and in the kernel',
    read() {
      const { user, system } = process.cpuUsage();
      return only((user + system) / 1e6);
    },
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    help: 'Memory that the process has',
    read: () => only(process.memoryUsage.rss()),
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    help: 'When it began, in seconds since 1970',
    read: () => only(performance.timeOrigin / 1000),
  },
  {
    name: 'lbx_event_loop_busy_seconds_total',
    type: 'counter',
    help: 'Time in which the event loop was not idle',
    read: () => only(performance.eventLoopUtilization().active / 1000),
  },
  {
    name: 'lbx_build_info',
    type: 'gauge',
    help: '1; labels tell versions',
    labels: ['version', 'node'],
    read: ({ version }) => [{ labels: { version, node: process.versions.node }, value: 1 }],
  },
];
