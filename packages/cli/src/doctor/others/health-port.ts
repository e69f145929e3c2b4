import { defineCheck } from '../check.ts';
import type { DoctorContext } from '../doctor-context.ts';
import type { Verdict } from '../finding.ts';
import { type PortListeners, portListeners } from './port-listeners.ts';

export interface HealthPortFacts extends PortListeners {
  /** "127.0.0.1:10256"; undefined: the agent is to have none. */
  readonly place: string | undefined;
  /** It answers as service proxies do: kube-proxy, or lbx. */
  readonly isProxy: boolean;
  /** Does an lbx run here, and as which process? undefined: only root can tell. */
  readonly agent: { readonly running: boolean; readonly pid?: number } | undefined;
}

const answerMs = 1000;
const otherPlace = 'let the agent answer elsewhere: --healthz-bind-address ADDRESS:PORT';

export const healthPortCheck = defineCheck<HealthPortFacts>({
  id: 'health-port',
  group: 'others on this node',
  tries:
    "looks who listens at the agent's health port (10256, which is kube-proxy's too) and asks for /healthz",
  matters: 'another service proxy runs on this node, or the agent cannot have its port',
  remedy: `stop the other one (docs/replace-kube-proxy.md), or ${otherPlace}`,
  needsRoot: false,
  skips: ({ options }) => (options.healthz.length === 0 ? '--healthz-bind-address none' : undefined),
  async probe(context) {
    const [place] = context.options.healthz;
    if (place === undefined)
      return { place, isProxy: false, isTaken: false, processes: [], agent: undefined };
    const listeners = portListeners(place.port);
    const host =
      ({ '0.0.0.0': '127.0.0.1', '::': '::1' } as Record<string, string>)[place.address] ?? place.address;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${place.port}`;
    const isProxy = listeners.isTaken && (await answersAsProxy(`http://${authority}/healthz`));
    return { ...listeners, place: authority, isProxy, agent: agentOf(context) };
  },
  judge: (facts) => [judgePort(facts)],
});

function judgePort({ place, isTaken, processes, isProxy, agent }: HealthPortFacts): Verdict {
  if (!isTaken)
    return agent?.running
      ? {
          status: 'note',
          found: `an lbx runs, but nobody listens at ${place}: its health check is elsewhere, or off`,
        }
      : { status: 'ok', found: `nobody listens at ${place}` };
  const [first] = processes;
  if (processes.some(({ pid }) => pid === agent?.pid))
    return { status: 'ok', found: `lbx answers at ${place}` };
  if (first?.command === 'kube-proxy')
    return {
      status: 'warn',
      found: `kube-proxy runs (process ${first.pid}) and listens at ${place}: both would serve the same services`,
      remedy: `take it off this node (docs/replace-kube-proxy.md); beside it on purpose, ${otherPlace}`,
    };
  const who = first === undefined ? '' : ` (process ${first.pid}, ${first.command})`;
  if (isProxy && agent?.running !== false)
    return { status: 'ok', found: `a service proxy answers at ${place}, as lbx does${who}` };
  if (isProxy)
    return {
      status: 'warn',
      found: `a service proxy answers at ${place}${who}, and no lbx runs on these pins: kube-proxy, or another lbx`,
      remedy: `stop it (docs/replace-kube-proxy.md), or ${otherPlace}`,
    };
  return {
    status: 'warn',
    found: `${place} is taken${who || ' by a process that is not to be seen from here'}: the agent cannot have it`,
    remedy: otherPlace,
  };
}

function agentOf({ isRoot, pinned }: DoctorContext): HealthPortFacts['agent'] {
  if (!isRoot) return undefined;
  return {
    running: pinned?.locked === true,
    ...(pinned?.holder === undefined ? {} : { pid: pinned.holder }),
  };
}

/** Both say when they have written last, and what time it is. */
async function answersAsProxy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
    const body = (await answer.json()) as { currentTime?: unknown } | null;
    return typeof body?.currentTime === 'string';
  } catch {
    return false;
  }
}
