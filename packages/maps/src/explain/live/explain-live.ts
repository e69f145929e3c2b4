import { gateHash } from '../../flow/gate.ts';
import { Algorithm } from '../../layouts/names.ts';
import { hostPort } from '../../model/endpoint-name.ts';
import { lookupServiceOfNode } from '../../packet/service-of-node.ts';
import { defaultPacketSettings } from '../../packet/settings.ts';
import { mapsOf } from '../../project/entry.ts';
import { destinationOf } from '../destination.ts';
import { explain } from '../explain.ts';
import type { ExplainOptions, Explanation, Flow } from '../explanation.ts';
import type { Destination } from '../find-from-outside.ts';
import { createTrace } from '../trace.ts';
import { findCiliumFlow } from './cilium-flow.ts';
import { type Confidence, type ConfidenceReason, confidenceOf } from './confidence.ts';
import type { EstablishedFlow } from './established-flow.ts';
import { findLbxFlow } from './lbx-flow.ts';
import type { LiveState } from './live-state.ts';

export interface LiveOptions extends ExplainOptions {
  /** What the caller knows that speaks against the answer: maps that changed while they were read, … */
  readonly doubts?: readonly ConfidenceReason[];
}

/** What becomes of a flow where others may be remembered. */
export interface LiveExplanation extends Explanation {
  /** The flow, where it is remembered; also one that counts no more. */
  readonly established?: EstablishedFlow;
  /** With `established`: what a new flow would get. */
  readonly newFlow?: Explanation;
  readonly confidence: Confidence;
}

/**
 * What becomes of the next packet of a flow, by maps as they are: a flow that is remembered goes on with its backend as
 * long as that counts, whatever the service has become; all others are new. Says how sure that is, and of what not.
 *
 * Throws a ServiceError like `explain`.
 */
export function explainLive(state: LiveState, flow: Flow, options: LiveOptions = {}): LiveExplanation {
  const { doubts = [], ...given } = options;
  const datapath = given.datapath ?? 'lbx';
  const to = destinationOf(flow);
  const service = serviceOf(state, to);
  const algorithmGuessed = datapath === 'cilium' && given.algorithm === undefined;
  const guessed = algorithmGuessed && service.hasTable ? { algorithm: 'maglev' as const } : {};
  const settings = {
    ...guessed,
    ...given,
    ...(state.clock === undefined ? {} : { nowSeconds: state.clock.seconds }),
  };
  const fresh = explain(state.services, flow, settings);
  const find = datapath === 'cilium' ? findCiliumFlow : findLbxFlow;
  const known =
    flow.hook === 'connect' || state.flows === undefined
      ? undefined
      : find(state, to, flow.from.port, service.revNatId);
  const confidence = confidenceOf({
    state,
    flow,
    fresh,
    known,
    datapath,
    isMaglev: fresh.steps.some(({ map }) => map?.endsWith('_maglev')) && fresh.candidates === undefined,
    algorithmGuessed: algorithmGuessed && service.algorithm === Algorithm.default,
    hasAddresses: given.localAddresses !== undefined,
    gateClosed: fresh.verdict === 'forward' && isGateClosed(state, to),
    doubts,
  });
  if (known === undefined) return { ...fresh, confidence };
  const common = { established: known.flow, newFlow: fresh, confidence };
  if (!known.flow.valid) return { ...fresh, ...common, steps: [...known.steps, ...fresh.steps] };
  const { id, address, port } = known.flow.backend;
  const backend = { protocol: flow.protocol, ...known.flow.backend };
  return {
    verdict: 'forward',
    code: 'established',
    reason: `the flow is ${known.flow.phase} and keeps backend ${id}, ${hostPort(address, port)}`,
    backend,
    steps: known.steps,
    ...common,
  };
}

/** The service of an address, as flows are held to it. */
function serviceOf({ services }: LiveState, { family, address, port, proto }: Destination) {
  const trace = createTrace(services);
  const found = lookupServiceOfNode(trace, family, { address, dport: port, proto, scope: 0 }, 'the service');
  const revNatId = found?.value.revNatIndex ?? 0;
  const table = revNatId && trace.lookup(mapsOf[family].maglev, { revNatId }, 'a Maglev table');
  const algorithm =
    found && 'affinityTimeout' in found.value ? found.value.affinityTimeout.algorithm : Algorithm.default;
  return { revNatId, hasTable: table !== undefined && table !== 0, algorithm };
}

/** A gate without the bit of a service lets no packet of it through to the programs. */
function isGateClosed({ flows, settings }: LiveState, { address, port, proto }: Destination): boolean {
  const gate = flows?.lbx_gate;
  if (gate === undefined || !(settings?.gate ?? defaultPacketSettings.gate)) return false;
  const isOpen = (at: number, kind: number) => {
    const bit = (gateHash(address, at, kind) & (64 * gate.maxEntries - 1)) >>> 0;
    const word: { readonly bits: bigint } | undefined = gate.get({ word: Math.floor(bit / 64) });
    return word === undefined || (word.bits & (1n << BigInt(bit % 64))) !== 0n;
  };
  return !isOpen(port, proto) && !isOpen(0, 0);
}
