import type { ExplainedBackend, ExplanationStep } from '../explanation.ts';

/** How far a flow has come, by what was seen of it. */
export type FlowPhase =
  /** Only the client was heard. */
  | 'new'
  /** The backend has answered. */
  | 'answered'
  /** Both have. */
  | 'established'
  /** One side has said that it is done. */
  | 'closing'
  /** Both have, or one has broken it off. */
  | 'closed';

/** A flow that is remembered, which decides before the service is looked up. */
export interface EstablishedFlow {
  /** Map that it was found in. */
  readonly map: string;
  readonly phase: FlowPhase;
  /** Does its next packet go to this backend? */
  readonly valid: boolean;
  /** Why not, in a sentence: its next packet is a new flow's. */
  readonly over?: string;
  /** The backend that it was given; without a state when its id has no entry any more. */
  readonly backend: Pick<ExplainedBackend, 'id' | 'address' | 'port'> & Partial<ExplainedBackend>;
  /** `local`: on this node. `dsr`: it answers the client itself. `snat`: it answers us. `unknown`: not told by the entry. */
  readonly way: 'local' | 'dsr' | 'snat' | 'unknown';
  /** Where the backend sees it come from, if that is another end than the client. */
  readonly source?: { readonly address: string; readonly port: number };
  /** Number of the frontend that it was made for. */
  readonly revNatId: number;
  /** Since the last packet, to a quarter of a second. */
  readonly idleSeconds?: number;
  /** How long it may be silent before it is forgotten. */
  readonly silenceSeconds?: number;
  /** Is the half for the backend's answers there too? Absent where there is none to be. */
  readonly answersKnown?: boolean;
  /** What a new connection (SYN) from the same client port gets: this backend, or that of a new flow. */
  readonly restart: 'same' | 'new-flow';
  /** Packets and bytes so far, where they are counted. */
  readonly packets?: number;
  readonly bytes?: number;
}

/** What was found, and every look that led there. */
export interface FlowAnswer {
  readonly flow: EstablishedFlow;
  readonly steps: readonly ExplanationStep[];
  /** The answer hangs by the clock: the flow is about to be forgotten, or was just now. */
  readonly byTheClock: boolean;
}
