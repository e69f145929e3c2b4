import { FLOW_WAYS } from '@lbx/maps';
import type { BpfMap } from 'libbpf-ts';
import { type FlowAge, isLater } from './flow-age.ts';
import { type AnyFlowShape, flowRecords } from './flow-records.ts';
import { flowStore } from './flow-store.ts';
import type { Source } from './source.ts';
import type { Transfer } from './transfer.ts';

/**
 * Flows of one address family, from either kind of table into either kind. Those that are over stay behind. `follow` looks
 * at those only that were seen since `fill` began: what changes a flow dates it.
 */
export function flowTransfer(shape: AnyFlowShape, age: () => FlowAge): Transfer {
  const records = flowRecords(shape);
  /** When each source was copied. */
  const filled = new WeakMap<Source, number>();
  function* living(from: Source, now: FlowAge): IterableIterator<Uint8Array> {
    for (const record of flowStore(from.map, records, from).records())
      if (!records.isOver(record, now)) yield record;
  }
  return {
    fits(from, { maxEntries, type }) {
      let used = 0;
      for (const _ of living(from, age())) used++;
      return { used, fits: used <= (type === 'array' ? (FLOW_WAYS / 2) * (maxEntries - 1) : maxEntries) };
    },
    fill(from, to) {
      const now = age();
      filled.set(from, now.began);
      flowStore(to, records).fill(living(from, now));
    },
    follow(from, to: BpfMap) {
      const since = filled.get(from);
      const store = flowStore(to, records);
      for (const record of living(from, age()))
        if (since === undefined || !isLater(since, records.lastSeen(record))) store.join(record);
    },
  };
}
