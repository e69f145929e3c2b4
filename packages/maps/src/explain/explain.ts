import { hostPort } from '../model/endpoint-name.ts';
import { affinityBackend } from './affinity.ts';
import { algorithmOf, backendIdOfSlot, candidatesOf, maglevChoice, randomSlot } from './choose-backend.ts';
import { destinationOf } from './destination.ts';
import type { ExplainedBackend, ExplainOptions, Explanation, Flow } from './explanation.ts';
import { findFromInside } from './find-from-inside.ts';
import { type Destination, findFromOutside } from './find-from-outside.ts';
import { readBackend } from './read-backend.ts';
import type { FoundService } from './service-key.ts';
import { createTrace, type ExplainSource, type Trace } from './trace.ts';

/**
 * Which backend the first packet of a flow gets, or which verdict, and every look into the maps that led there. Follows
 * the datapath step by step, from the maps alone: no kernel is asked, nothing is written, no flow table is known (an
 * established flow keeps the backend it has).
 *
 * Throws a ServiceError (`LBX_SERVICE_ADDRESS`) when an address of the flow is none.
 */
export function explain(source: ExplainSource, flow: Flow, options: ExplainOptions = {}): Explanation {
  const trace = createTrace(source);
  const result = decide({ source, trace, to: destinationOf(flow), flow, options });
  return { ...(flow.protocol === 'SCTP' ? keepingPorts(result, flow) : result), steps: trace.steps };
}

/** The checksum of SCTP covers the ports: a backend with another one cannot be reached. */
function keepingPorts(result: Result, { to }: Flow): Result {
  if (result.backend === undefined || result.backend.port === to.port) return result;
  const reason = `${result.reason}; SCTP cannot be given another port than ${to.port}`;
  return { verdict: 'drop', code: 'sctp-ports', reason };
}

type Result = Omit<Explanation, 'steps'>;

interface Question {
  readonly source: ExplainSource;
  readonly trace: Trace;
  readonly to: Destination;
  readonly flow: Flow;
  readonly options: ExplainOptions;
}

function decide(question: Question): Result {
  const { trace, to, flow, options } = question;
  const socket = flow.hook === 'connect';
  const inside = socket || flow.hook === 'pod';
  if (flow.protocol === 'SCTP' && socket) {
    return {
      verdict: 'pass',
      code: 'unsupported-protocol',
      reason: 'sockets of TCP and UDP only are translated',
    };
  }
  const service = inside ? findFromInside(trace, to, flow, options) : findFromOutside(trace, to);
  if ('verdict' in service) return service;
  if (service.value.count === 0) return noBackend();
  const last = affinityBackend(trace, service, to.client, flow, options);
  if (last !== undefined) return chosen(last, 'session affinity keeps the client with it');
  // Sockets never use Maglev: their source port is not known yet. Nor do pods, who are to get the same.
  if (!inside && algorithmOf(service, options) === 'maglev') {
    const id = maglevChoice(trace, service, to, flow, options);
    if (id !== 0) return backendById(trace, service, id, 'the Maglev table has it for this client');
    if (options.datapath === 'cilium') return noBackend();
    trace.note('no table: random instead');
  }
  return chooseAtRandom(question, service);
}

function chooseAtRandom(question: Question, service: FoundService): Result {
  const { source, trace, to, flow, options } = question;
  const { family, key, value } = service;
  const slot = randomSlot(to, service, flow, options);
  if (slot === undefined) {
    const candidates = candidatesOf(trace, service);
    if (candidates.length === 0) return noBackend();
    if (candidates.length === 1) return chosen(candidates[0]!, 'it is the only backend');
    const reason = `one of ${candidates.length} backends, each as likely`;
    return { verdict: 'forward', code: 'one-of-several', reason, candidates };
  }
  const id = backendIdOfSlot(trace, family, key, slot);
  if (id === undefined || id === 0) return noBackend();
  const result = backendById(trace, service, id, `slot ${slot} of ${value.count} by a hash of the flow`);
  // The others are no step of this flow: looked up beside the trace.
  return value.count === 1 ? result : { ...result, candidates: candidatesOf(createTrace(source), service) };
}

function backendById(trace: Trace, { family }: FoundService, id: number, why: string): Result {
  const found = readBackend(trace, family, id);
  if (found !== undefined) return chosen(found.backend, why);
  return { verdict: 'drop', code: 'backend-missing', reason: `backend ${id} is not in the maps` };
}

function chosen(backend: ExplainedBackend, why: string): Result {
  const reason = `backend ${backend.id}, ${hostPort(backend.address, backend.port)}: ${why}`;
  return { verdict: 'forward', code: 'backend-chosen', reason, backend };
}

/**
 * A socket's system call fails, the sender of a packet hears of it by ICMP. (Where other nodes have endpoints, which these
 * maps do not tell, lbx drops the packet instead.)
 */
function noBackend(): Result {
  return { verdict: 'reject', code: 'no-backend', reason: 'the service has no backend that takes new flows' };
}
