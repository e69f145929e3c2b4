import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openPinnedTables } from '@lbx/core';
import { clusterSource, manifestSource, type ObjectSource } from '@lbx/k8s-sync';
import { canonicalDump } from '@lbx/k8s-sync/testing';
import type { Tables } from '@lbx/maps';
import { startAgent } from '../../src/agent/agent.ts';
import { type ChildOptions, type FromChild, now, type Question, type Usage } from './messages.ts';

// The agent in a process of its own, so that nothing but the agent is measured: its options are the first argument
// (JSON), what happens and what it is asked go over the channel to its parent.
const options = JSON.parse(process.argv[2] ?? '') as ChildOptions;
const tell = (message: FromChild) => process.send?.(message);
const stepMs = 2;
const delays = monitorEventLoopDelay({ resolution: stepMs });

let startedAt = 0;
const source =
  'manifests' in options.source
    ? manifestSource(options.source.manifests)
    : clusterSource({ ...options.source, nodeName: 'node-0' });
const timed: ObjectSource = {
  ...source,
  start(listener) {
    let first = true;
    delays.enable();
    return source.start((event) => {
      if (first && event.type === 'upsert') {
        first = false;
        tell({ type: 'began', startedAt, firstObjectAt: now() });
      }
      listener(event);
    });
  },
};

startedAt = now();
const agent = await startAgent({
  nodeName: 'node-0',
  source: timed,
  loadBalancer: {
    cgroup: options.cgroup,
    pins: options.pins,
    nodeAddresses: [],
    endpoints: options.endpoints,
  },
  health: { bind: [] },
  onEvent: (event) => tell({ type: 'event', event, at: now() }),
});

function usage(): Usage {
  const stallMs = Math.max(0, delays.max / 1e6 - stepMs);
  const { user, system } = process.cpuUsage();
  const status = readFileSync('/proc/self/status', 'utf8');
  const megabytes = (field: string) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  globalThis.gc?.();
  const answer = {
    rssMB: megabytes('VmRSS'),
    peakMB: megabytes('VmHWM'),
    heapMB: process.memoryUsage().heapUsed / 2 ** 20,
    cpuMs: (user + system) / 1000,
    stallMs,
  };
  // The collection above is none of the agent's doing.
  setImmediate(() => delays.reset());
  return answer;
}

process.on('message', async (question: Question) => {
  if (question === 'usage') tell({ type: 'answer', answer: usage() });
  else if (question === 'dump') {
    using pinned = openPinnedTables({ bpffs: options.pins, folder: '' });
    tell({ type: 'answer', answer: canonicalDump(pinned.tables as Tables) });
  } else {
    await agent.close();
    tell({ type: 'answer', answer: undefined });
    process.disconnect();
  }
});
