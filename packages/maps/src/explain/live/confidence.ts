import { ServiceFlag } from '../../layouts/names.ts';
import type { Explanation, Flow } from '../explanation.ts';
import type { FlowAnswer } from './established-flow.ts';
import type { LiveState } from './live-state.ts';

/**
 * How sure an answer is. `certain`: the maps alone decide. `chance`: one of several, each as likely. `uncertain`: what
 * could not be known may change it.
 */
export type ConfidenceLevel = 'certain' | 'chance' | 'uncertain';

/** Why, for programs. */
export type ConfidenceCode =
  | 'flow-table'
  | 'computed'
  | 'maglev'
  | 'dice'
  | 'flows-unknown'
  | 'settings-unknown'
  | 'settings-told'
  | 'algorithm-guessed'
  | 'by-the-clock'
  | 'clock-unknown'
  | 'changing'
  | 'client-port'
  | 'netns-cookie'
  | 'node-addresses'
  | 'open-sockets'
  | 'gate-closed'
  | 'entry-point';

export interface ConfidenceReason {
  readonly code: ConfidenceCode;
  readonly text: string;
  /** Does it take from the answer's certainty? */
  readonly doubt: boolean;
}

export interface Confidence {
  readonly level: ConfidenceLevel;
  readonly reasons: readonly ConfidenceReason[];
}

/** What is known of how the answer was had. */
export interface Circumstances {
  readonly state: LiveState;
  readonly flow: Flow;
  readonly fresh: Explanation;
  readonly known: FlowAnswer | undefined;
  readonly datapath: 'lbx' | 'cilium';
  readonly isMaglev: boolean;
  readonly algorithmGuessed: boolean;
  readonly hasAddresses: boolean;
  readonly gateClosed: boolean;
  /** What the caller has seen. */
  readonly doubts: readonly ConfidenceReason[];
}

/** Says how sure an answer is, and why. */
export function confidenceOf(circumstances: Circumstances): Confidence {
  const reasons = [...grounds(circumstances), ...doubtsOf(circumstances), ...circumstances.doubts];
  const isChance = reasons.some(({ code }) => code === 'dice');
  const level = reasons.some(({ doubt }) => doubt) ? 'uncertain' : isChance ? 'chance' : 'certain';
  return { level, reasons };
}

/** What the answer stands on. */
function grounds(circumstances: Circumstances): ConfidenceReason[] {
  const { fresh, known, isMaglev, flow, datapath } = circumstances;
  const ground = (code: ConfidenceCode, text: string) => [{ code, text, doubt: false }];
  if (known?.flow.valid)
    return ground('flow-table', 'the flow is remembered, which decides before any service is looked up');
  if (fresh.code === 'one-of-several')
    return ground('dice', `one of ${fresh.candidates?.length} by dice, which nobody can tell beforehand`);
  if (isMaglev) return ground('maglev', 'the Maglev table and the hash of the client were computed: exact');
  const counts = fresh.candidates !== undefined && flow.hook !== 'connect' && datapath === 'lbx';
  return ground(
    'computed',
    counts
      ? 'the choice was computed from addresses and ports: exact'
      : 'no choice: the maps leave one answer',
  );
}

function doubtsOf(circumstances: Circumstances): ConfidenceReason[] {
  const { state, flow, fresh, known, isMaglev, algorithmGuessed, hasAddresses, datapath } = circumstances;
  const found: ConfidenceReason[] = [];
  const doubt = (code: ConfidenceCode, text: string, counts = true) =>
    found.push({ code, text, doubt: counts });
  const isPacket = flow.hook !== 'connect';
  const chooses = fresh.verdict === 'forward' && !known?.flow.valid;
  if (isPacket && state.flows === undefined)
    doubt('flows-unknown', 'no flows were read: one that is established keeps the backend it has');
  if (circumstances.gateClosed) {
    doubt(
      'gate-closed',
      'the service is not in the gate (lbx_gate): the programs pass its packets on untouched until it is',
    );
  }
  if (known?.byTheClock) doubt('by-the-clock', 'the flow is about to be forgotten, or was just now');
  if (known && state.clock === undefined && datapath === 'lbx')
    doubt('clock-unknown', 'the time of the dump is not known: the flow may be too old to count');
  if (state.settings === undefined && datapath === 'lbx' && chooses)
    doubt(
      'settings-unknown',
      'settings of the running programs are not known: defaults, and those given, count',
    );
  if (algorithmGuessed && chooses && (fresh.candidates?.length ?? 2) > 1) {
    doubt(
      'algorithm-guessed',
      `the maps do not say whether the node uses Maglev; taken for ${isMaglev ? 'so, as the service has a table' : 'random, as the service has no table'} (--algorithm tells)`,
      false,
    );
  }
  if (!isPacket) {
    const cookie = usesAffinity(fresh) && flow.netnsCookie === undefined;
    if (cookie)
      doubt(
        'netns-cookie',
        'session affinity of sockets goes by network namespace, whose cookie is not known',
      );
    doubt('open-sockets', 'sockets that are connected already keep their backend', false);
  } else if (
    chooses &&
    (isMaglev || (fresh.candidates?.length ?? 0) > 1) &&
    fresh.code !== 'one-of-several'
  ) {
    doubt(
      'client-port',
      'ask with the address and port that arrive here: a NAT on the way changes them',
      false,
    );
  }
  if (
    flow.hook !== undefined &&
    ['connect', 'pod'].includes(flow.hook) &&
    !hasAddresses &&
    fresh.verdict === 'pass'
  )
    doubt('node-addresses', 'addresses of the node are not known: NodePorts on them are not seen');
  return found;
}

/** Has the service that was found session affinity? */
function usesAffinity({ steps }: Pick<Explanation, 'steps'>): boolean {
  return steps.some(({ map, value }) => {
    const flags = (value as { readonly flags?: number } | undefined)?.flags ?? 0;
    return map?.endsWith('_services_v2') === true && (flags & ServiceFlag.affinity) !== 0;
  });
}
