import type { MapName } from '../../catalog.ts';
import type { FlowMapName } from '../../flow/flow-catalog.ts';
import type { PacketSettings } from '../../packet/settings.ts';
import type { AnyTable } from '../../tables/table.ts';
import type { ExplainSource } from '../trace.ts';

/** Maps that know of flows, of lbx and of Cilium, and what goes with them. */
export type FlowSourceName = Extract<
  MapName | FlowMapName,
  | `lbx_flow${4 | 6}`
  | `lbx_rev${4 | 6}`
  | 'lbx_backend_meta'
  | 'lbx_frontend_meta'
  | 'lbx_gate'
  | `ct${4 | 6}_global`
  | `ct_any${4 | 6}_global`
  | `snat_v${4 | 6}_external`
  | `lb${4 | 6}_reverse_sk`
>;

/** A map that is looked into. */
export type ReadableTable = Pick<AnyTable, 'get' | 'entries' | 'maxEntries'>;

/** Those that could be read. A bucket table is given under the name of the flow table that it stands for. */
export type FlowSources = { readonly [N in FlowSourceName]?: ReadableTable };

/** The clock that flows are dated by, read beside the maps. */
export interface FlowClock {
  /** Low 32 bits of the kernel's count. */
  readonly jiffies: number;
  /** By how many seconds it may be wrong. */
  readonly errorSeconds: number;
  /** Seconds since boot. */
  readonly seconds: number;
}

/** What runs on a node, or ran when it was dumped: service maps and what is remembered of flows. */
export interface LiveState {
  readonly services: ExplainSource;
  /** Absent: nothing is known of flows. */
  readonly flows?: FlowSources;
  /** Of the running programs; absent: not known, the defaults are assumed. */
  readonly settings?: Partial<PacketSettings>;
  /** Absent: ages are not known. */
  readonly clock?: FlowClock;
}
