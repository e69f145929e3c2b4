import { FlowFlag, flowCatalog } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { offsetIn } from '../load/handover/field-offset.ts';
import type { FlowTimeouts } from '../options/options.ts';
import type { Sweep, SweepCount } from './sweeper.ts';

/** Entries of one batch. */
const stepEntries = 2048;
const tcp = 6;
const bothFins = FlowFlag.finRequest | FlowFlag.finReply;

/** What tells how long ago a time was, in jiffies. */
export interface FlowClock {
  readonly hz: number;
  /** Low 32 bits. */
  jiffies(): number;
}

type Layout = Pick<(typeof flowCatalog)['lbx_flow4'], 'key' | 'value'>;

/**
 * Takes flows that are over out of a flow table. Reading does not make an entry of the LRU young, and one is read again
 * right before it is deleted; a flow that wakes up in between is made again by its next packet.
 */
export function createFlowSweep(
  map: BpfMap,
  clock: FlowClock,
  timeouts: Required<FlowTimeouts>,
  layout: Layout = flowCatalog.lbx_flow4,
): Sweep {
  const protoAt = offsetIn(layout.key, 'proto');
  const flagsAt = offsetIn(layout.value, 'flags');
  const lastSeenAt = offsetIn(layout.value, 'last_seen');
  const entry = map.bind();
  const entryView = viewOf(entry.value);

  const isOver = (proto: number, flags: number, lastSeen: number, now: number) =>
    isFlowOver({ proto, flags, lastSeen }, { now, hz: clock.hz }, timeouts);
  const deleteIfOver = (key: Uint8Array, now: number): boolean => {
    entry.key.set(key);
    if (!entry.lookup()) return false;
    const over = isOver(
      key[protoAt] ?? 0,
      entry.value[flagsAt] ?? 0,
      entryView.getUint32(lastSeenAt, true),
      now,
    );
    return over && entry.delete();
  };
  const sweepBatch = (keys: Uint8Array, values: Uint8Array, count: number): SweepCount => {
    const now = clock.jiffies();
    const view = viewOf(values);
    let freed = 0;
    for (let i = 0; i < count; i++) {
      const key = keys.subarray(i * map.keySize, (i + 1) * map.keySize);
      const at = i * map.valueSize;
      const flags = values[at + flagsAt] ?? 0;
      if (!isOver(key[protoAt] ?? 0, flags, view.getUint32(at + lastSeenAt, true), now)) continue;
      if (deleteIfOver(key, now)) freed++;
    }
    return { used: count - freed, freed };
  };

  return {
    name: map.name,
    *round() {
      for (const { keys, values, count } of map.readBatches(stepEntries) ?? [])
        yield sweepBatch(keys, values, count);
    },
  };
}

/** Is a flow over, by what its entry tells? Times are jiffies, low 32 bits. */
export function isFlowOver(
  { proto, flags, lastSeen }: { readonly proto: number; readonly flags: number; readonly lastSeen: number },
  { now, hz }: { readonly now: number; readonly hz: number },
  timeouts: Required<FlowTimeouts>,
): boolean {
  const age = (now - lastSeen) >>> 0;
  // A packet may have come after `now` was asked for: that is no age of years.
  if (age > 2 ** 32 - hz) return false;
  return age > timeoutSeconds(proto, flags, timeouts) * hz;
}

/** As flow_timeout() of bpf/include/lbx/flow_state.h. */
export function timeoutSeconds(proto: number, flags: number, timeouts: Required<FlowTimeouts>): number {
  if (flags & FlowFlag.reset) return timeouts.tcpClosed;
  if (proto !== tcp) return flags & FlowFlag.confirmed ? timeouts.udpOpen : timeouts.udpNew;
  if ((flags & bothFins) === bothFins) return timeouts.tcpClosed;
  if (flags & bothFins) return timeouts.tcpHalfClosed;
  return flags & FlowFlag.confirmed ? timeouts.tcpOpen : timeouts.tcpNew;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
