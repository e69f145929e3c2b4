import { type ApplyReport, createLoadBalancer, type LoadBalancer, type LoadBalancerOptions } from '@lbx/core';
import {
  createTranslator,
  type HealthServersOptions,
  type ObjectSource,
  type TranslatorOptions,
} from '@lbx/k8s-sync';
import type { AgentEvent } from './agent-event.ts';
import { startAgentHealth } from './health.ts';

export interface AgentOptions {
  readonly nodeName: string;
  readonly source: ObjectSource;
  readonly loadBalancer: LoadBalancerOptions;
  /** What services mean on this node, beyond what their objects say. */
  readonly translator?: Pick<TranslatorOptions, 'nodePortAddresses' | 'loadBalancerClasses'>;
  readonly health?: HealthServersOptions;
  /** Told of everything worth a log line. */
  readonly onEvent: (event: AgentEvent) => void;
}

/** A running agent: the source is followed and the maps kept in line with it. */
export interface Agent {
  readonly loadBalancer: LoadBalancer;
  /** Stops following. The datapath stays in force where it is pinned. */
  close(): Promise<void>;
}

/** How long failed writes wait before they are tried again. */
const retryMs = 1000;

/**
 * Loads and attaches the datapath, then follows the source: events that come together are applied together, and nothing
 * is written before the source has told all it had at the start, so that a restart never removes what is still wanted.
 */
export async function startAgent({
  nodeName,
  source,
  loadBalancer: options,
  translator: translatorOptions,
  health: healthOptions = {},
  onEvent,
}: AgentOptions): Promise<Agent> {
  const started = performance.now();
  const loadBalancer = createLoadBalancer({
    ...options,
    onNodeAddresses: (addresses) => {
      translator.setNodeIPs(addresses);
      schedule();
    },
  });
  const translator = createTranslator({
    ...translatorOptions,
    nodeName,
    nodeIPs: loadBalancer.options.nodeAddresses,
  });
  onEvent({ event: 'loaded', ms: performance.now() - started, ...loadBalancer.summary() });

  const reported = new Set<string>();
  let scheduled: NodeJS.Timeout | NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let firstEventAt = 0;
  let closed = false;
  let first = true;

  const applyNow = () => {
    scheduled = undefined;
    if (closed) return;
    const translation = translator.translate();
    for (const problem of translation.problems) reportProblem(problem);
    if (!translation.synced) return;
    const report = loadBalancer.apply(translation.frontends);
    for (const refusal of report.refused) reportProblem(refusal.error);
    // Events without consequence (a problem, an object that does not count) are no news.
    if (first || report.writes + report.failed.length > 0) {
      onEvent({ event: 'applied', sinceEventMs: performance.now() - firstEventAt, ...summaryOf(report) });
    }
    first = false;
    health.written(report.failed.length === 0);
    if (report.failed.length > 0) retry ??= setTimeout(retryNow, retryMs);
  };
  const retryNow = () => {
    retry = undefined;
    schedule();
  };
  const schedule = () => {
    if (scheduled !== undefined || closed) return;
    health.waiting();
    firstEventAt = performance.now();
    // Events of one burst arrive in one turn of the event loop; the write follows right behind them.
    scheduled = setImmediate(applyNow);
  };
  const reportProblem = (error: Error) => {
    if (reported.has(error.message)) return;
    reported.add(error.message);
    onEvent({
      event: 'problem',
      code: String((error as { code?: unknown }).code ?? ''),
      message: error.message,
    });
  };

  const health = startAgentHealth(healthOptions, translator, reportProblem);

  try {
    await source.start((event) => {
      translator.apply(event);
      schedule();
    });
  } catch (error) {
    await health.close();
    // Nothing to follow: what was only just attached must not stay behind, what an earlier agent left must.
    if (loadBalancer.summary().takenOver === 0) loadBalancer.remove();
    else loadBalancer.close();
    throw error;
  }
  return {
    loadBalancer,
    async close() {
      closed = true;
      clearImmediate(scheduled as NodeJS.Immediate | undefined);
      clearTimeout(retry);
      await source.close();
      await health.close();
      loadBalancer.close();
    },
  };
}

function summaryOf(report: ApplyReport) {
  return {
    frontends: report.frontends,
    writes: report.writes,
    failed: report.failed.length,
    refused: report.refused.length,
    applyMs: report.ms,
  };
}
