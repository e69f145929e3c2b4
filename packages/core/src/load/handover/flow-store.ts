import type { BpfMap } from 'libbpf-ts';
import { bucketFlows } from './bucket-flows.ts';
import type { FlowRecords } from './flow-records.ts';
import { lruFlows } from './lru-flows.ts';
import type { Source } from './source.ts';

/** A flow table of either kind. */
export interface FlowStore {
  /** All flows, those that are over too. */
  records(): Iterable<Uint8Array>;
  /** Puts flows into a table that is empty and that no program knows yet; gives how many found no place. */
  fill(records: Iterable<Uint8Array>): number;
  /** Puts a flow into a table that programs use, or joins it with what is known of it there. False: no place. */
  join(record: Uint8Array): boolean;
}

export function flowStore(map: BpfMap, records: FlowRecords, source?: Source): FlowStore {
  return map.type === 'array' ? bucketFlows(map, records) : lruFlows(map, records, source);
}
