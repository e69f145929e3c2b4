import type { MapName } from '../catalog.ts';
import type { Backend } from '../model/backend.ts';
import type { Protocol } from '../model/protocol.ts';

/** One flow, by what its first packet or its `connect()` says. */
export interface Flow {
  readonly from: { readonly address: string; readonly port: number };
  readonly to: { readonly address: string; readonly port: number };
  readonly protocol: Protocol;
  /**
   * `xdp` (default) and `tc`: a packet that comes in from outside, which is the same to both. `pod`: a packet of a pod on
   * this node, at its device. `connect`: a socket on this node.
   */
  readonly hook?: 'xdp' | 'tc' | 'pod' | 'connect';
  /** Hook connect: cookie of the socket's network namespace, the client of session affinity. */
  readonly netnsCookie?: bigint;
  /** Hook connect: is the socket in the node's own network namespace (default)? Loopback is the node's only there. */
  readonly inHostNetns?: boolean;
}

/** How the datapath is set up that is explained. */
export interface ExplainOptions {
  /** For services that do not say it themselves; `random` when absent. */
  readonly algorithm?: 'random' | 'maglev';
  /** Length of the Maglev tables; that of the table found when absent. */
  readonly maglevSize?: number;
  /** Base64 of 12 bytes; Cilium's default seed when absent. */
  readonly maglevSeed?: string;
  /** First and last; 30000 to 32767 when absent. */
  readonly nodePortRange?: readonly [number, number];
  /** Addresses of the node, for sockets; loopback need not be listed. */
  readonly localAddresses?: readonly string[];
  /** Do sockets use externalIPs that are no address of the node? */
  readonly externalIpsAnywhere?: boolean;
  /** Now, on the clock of `last_used` in affinity entries, in seconds. Absent: no entry has expired. */
  readonly nowSeconds?: number;
  /**
   * Whose datapath. They agree but for this: lbx (default) computes the random choice from the flow, so that one backend
   * is the answer, and does not follow session affinity to a backend that is going away.
   * Cilium throws dice, and follows.
   */
  readonly datapath?: 'lbx' | 'cilium';
}

/** `forward`: to a backend. `pass`: untouched to the kernel. `reject`: refused so that the client learns it. */
export type Verdict = 'forward' | 'pass' | 'drop' | 'reject';

/** Why, for programs. */
export type ExplanationCode =
  /** A flow that is remembered: `explainLive` only. */
  | 'established'
  | 'backend-chosen'
  | 'one-of-several'
  | 'unsupported-protocol'
  | 'no-service'
  | 'wildcard'
  | 'not-routable'
  | 'loopback-only'
  | 'own-addresses-only'
  | 'l7-proxy'
  | 'nat46x64'
  | 'source-range'
  | 'no-backend'
  | 'sctp-ports'
  | 'backend-missing';

/** A backend as the maps have it. `share` is the part of new flows that it gets, 0 to 1. */
export interface ExplainedBackend extends Backend {
  readonly id: number;
  readonly share?: number;
}

/** One look into a map, or a conclusion. `value` is undefined when nothing was found. */
export interface ExplanationStep {
  readonly text: string;
  readonly map?: MapName;
  readonly key?: unknown;
  readonly value?: unknown;
}

/** What becomes of a flow. */
export interface Explanation {
  readonly verdict: Verdict;
  readonly code: ExplanationCode;
  /** One sentence. */
  readonly reason: string;
  /** The backend, where only one can be meant. */
  readonly backend?: ExplainedBackend;
  /** All backends that a random choice is made from. */
  readonly candidates?: readonly ExplainedBackend[];
  /** Every look into a map, in order. */
  readonly steps: readonly ExplanationStep[];
}

/** An end that was reached before a backend was looked for. */
export type Ending = Pick<Explanation, 'verdict' | 'code' | 'reason'>;
