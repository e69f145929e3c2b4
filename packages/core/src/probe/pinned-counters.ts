import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BpfMap } from 'libbpf-ts';
import { type Counters, readCounters } from '../counters.ts';

/** Packet counters of the load balancer that is pinned in a folder; empty where it has none. */
export function readPinnedCounters(pins: string): Counters {
  const path = join(pins, 'lbx_counters');
  if (!existsSync(path)) return {};
  using map = BpfMap.openPinned(path, { name: 'lbx_counters' }, { readOnly: true });
  return readCounters(new Map([['lbx_counters', map]]));
}
