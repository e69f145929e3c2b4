import type { BoundEntry, BpfMap } from 'libbpf-ts';
import { copyEntries } from './copy-entries.ts';
import { type FlowRecords, withoutStamp } from './flow-records.ts';
import type { FlowStore } from './flow-store.ts';
import type { Source } from './source.ts';

/** Flows in the kernel's LRU hash: the records are the values, and begin and end with nothing but their own. */
export function lruFlows(map: BpfMap, records: FlowRecords, source?: Source): FlowStore {
  let bound: BoundEntry | undefined;
  return {
    *records() {
      for (const [, value] of source?.entries() ?? map.entries()) yield value;
    },
    fill(all) {
      const entries = function* () {
        for (const record of all) {
          const value = withoutStamp(record);
          yield [records.keyOf(value), value] as const;
        }
      };
      copyEntries(entries(), map);
      return 0;
    },
    join(record) {
      bound ??= map.bind();
      const entry = bound;
      const value = withoutStamp(record);
      entry.key.set(records.keyOf(value));
      const there = entry.lookup();
      const next = there ? records.join(value, entry.value) : value;
      if (next === entry.value) return true;
      entry.value.set(next);
      entry.update('any');
      return true;
    },
  };
}
