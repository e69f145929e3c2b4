import type { Protocol } from './protocol.ts';

/**
 * What a backend may be given:
 * - `active`: new and established flows;
 * - `terminating`: established flows; new ones only when the service has no active backend left;
 * - `terminating-not-serving`: established flows only;
 * - `quarantined`: nothing, but it stays in the maps (a failed health check);
 * - `maintenance`: nothing, and it has no slot.
 */
export type BackendState = (typeof backendStates)[number];

/** All states, in the order of the slots. */
export const backendStates = [
  'active',
  'terminating',
  'terminating-not-serving',
  'quarantined',
  'maintenance',
] as const;

/** One address:port that serves. Plain data; objects and arrays of them are never changed once given to lbx. */
export interface Backend {
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** `active` when absent. */
  readonly state?: BackendState;
  /** Share of a Maglev table, 100 when absent. */
  readonly weight?: number;
  /** Number of the topology zone, 0 when absent. */
  readonly zone?: number;
  /** On this node or on another; absent counts as local. */
  readonly node?: 'local' | 'other';
  /** A health check says that it does not answer: sorted behind all others and not counted. */
  readonly unhealthy?: boolean;
  /** It is well, but not meant for new flows of this frontend here (topology hints, traffic policies): it keeps those it has. */
  readonly standby?: boolean;
  /** Names of the service ports that it serves; absent means all. */
  readonly portNames?: readonly string[];
}
