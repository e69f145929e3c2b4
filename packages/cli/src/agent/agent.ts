import { type ApplyReport, createLoadBalancer, type LoadBalancer, type LoadBalancerOptions } from '@lbx/core';
import {
  createTranslator,
  type HealthServersOptions,
  type ObjectSource,
  type Translator,
  type TranslatorOptions,
} from '@lbx/k8s-sync';
import { ownVersion } from '../own-version.ts';
import type { AgentEvent } from './agent-event.ts';
import { createAgentStats } from './agent-stats.ts';
import { firstWrite } from './first-write.ts';
import { startAgentHealth } from './health.ts';
import { type MetricsOptions, startAgentMetrics } from './metrics/agent-metrics.ts';
import { withOwnServices } from './own-services.ts';
import { createProblemLog } from './problem-log.ts';
import { agentServices, agentState } from './state/agent-state.ts';
import { createUnreadObjects } from './unread-objects.ts';
import { watchSync } from './watch-sync.ts';

export interface AgentOptions {
  readonly nodeName: string;
  readonly source: ObjectSource;
  readonly loadBalancer: LoadBalancerOptions;
  /** What services mean on this node, beyond what their objects say. */
  readonly translator?: Pick<TranslatorOptions, 'nodePortAddresses' | 'loadBalancerClasses'>;
  readonly health?: HealthServersOptions;
  /** Nowhere when absent. */
  readonly metrics?: MetricsOptions;
  /** Told of everything worth a log line. */
  readonly onEvent: (event: AgentEvent) => void;
  /** For tests: what stands between the objects and the load balancer. */
  readonly createTranslator?: (options: TranslatorOptions) => Translator;
}

/** A running agent: the source is followed and the maps kept in line with it. */
export interface Agent {
  readonly loadBalancer: LoadBalancer;
  /** Stops following. The datapath stays in force where it is pinned. */
  close(): Promise<void>;
}

/** After something threw that should not have: until everything is worked out anew. Twice as long after each time. */
const firstRecoveryMs = 1000;
const longestRecoveryMs = 60_000;

/**
 * Loads and attaches the datapath, then follows the source: events that come together are applied together, and nothing
 * is written before the source has told all it had at the start, so that a restart never removes what is still wanted.
 * From then on a change costs what it is about. Writes that fail are tried again by the load balancer.
 */
export async function startAgent({
  nodeName,
  source,
  loadBalancer: options,
  translator: translatorOptions,
  health: healthOptions = {},
  metrics: metricsOptions = { bind: [] },
  onEvent,
  createTranslator: makeTranslator = createTranslator,
}: AgentOptions): Promise<Agent> {
  const started = performance.now();
  const startedAt = Date.now();
  let appliedAt: number | undefined;
  const loadBalancer = createLoadBalancer({
    ...options,
    onNodeAddresses: (addresses) => {
      translator.setNodeIPs(addresses);
      schedule();
    },
    onApplied: (report) => applied(report, report.ms),
  });
  const translator = withOwnServices(
    makeTranslator({ ...translatorOptions, nodeName, nodeIPs: loadBalancer.options.nodeAddresses }),
  );
  onEvent({ event: 'loaded', ms: performance.now() - started, ...loadBalancer.summary() });

  const problems = createProblemLog(onEvent);
  const stats = createAgentStats();
  const unread = createUnreadObjects(loadBalancer);
  let scheduled: NodeJS.Immediate | undefined;
  let recovery: NodeJS.Timeout | undefined;
  let recoveryMs = firstRecoveryMs;
  let firstEventAt = 0;
  let closed = false;
  /** What is to be applied: what changed; at first everything, in slices; after a failure of our own everything at once. */
  let next: 'start' | 'everything' | 'changes' = 'start';
  let first = true;
  /** It is being worked on, and something came meanwhile. */
  let busy = false;
  let again = false;

  const work = async () => {
    scheduled = undefined;
    if (closed) return;
    busy = true;
    try {
      problems.set('objects', translator.problems());
      if (!translator.synced()) return;
      unread.look(translator.neverRead());
      const since = firstEventAt;
      const report = next === 'start' ? await firstWrite(loadBalancer, translator, () => closed) : write();
      if (report === undefined) return;
      next = 'changes';
      recoveryMs = firstRecoveryMs;
      applied(report, performance.now() - since);
    } catch (error) {
      if (!closed) recover(error as Error);
    } finally {
      busy = false;
      if (again) schedule();
    }
  };
  const write = (): ApplyReport => {
    if (next === 'everything') return loadBalancer.apply(translator.translate().frontends);
    const changes = translator.translateChanges();
    return loadBalancer.update(changes, {
      triggeredAt: translator.changeTriggers(),
      receivedAt: firstEventAt,
    });
  };
  /** Something was written, here or by the load balancer itself. */
  const applied = (report: ApplyReport, sinceEventMs: number) => {
    stats.applied(report);
    appliedAt = Date.now();
    const refused = report.refused.map(({ error }) => error);
    // First what is wrong for all of them; of a single one it is the same.
    problems.set(
      'shortages',
      report.shortages.filter((error) => !refused.includes(error)),
    );
    problems.set('refused', refused);
    problems.set('kept', unread.problems(report));
    problems.set(
      'writes',
      loadBalancer.reconcile.failing.flatMap(({ error }) => error ?? []),
    );
    // Events without consequence (a problem, an object that does not count) are no news.
    if (first || report.writes + report.failed.length > 0)
      onEvent({ event: 'applied', sinceEventMs, ...summaryOf(report) });
    first = false;
    health.written(report.pending === 0);
  };
  /** A mistake of ours must not end the agent, nor leave it with half of a change. */
  const recover = (error: Error) => {
    problems.add(error);
    stats.recovered();
    next = 'everything';
    recovery ??= setTimeout(() => {
      recovery = undefined;
      schedule();
    }, recoveryMs);
    recoveryMs = Math.min(2 * recoveryMs, longestRecoveryMs);
  };
  const schedule = () => {
    again = busy;
    if (scheduled !== undefined || busy || closed) return;
    health.waiting();
    firstEventAt = performance.now();
    // Events of one burst arrive in one turn of the event loop; the write follows right behind them.
    scheduled = setImmediate(() => void work());
  };

  const health = startAgentHealth(healthOptions, translator, problems.add);
  const syncWatch = watchSync(source, onEvent);

  const version = ownVersion();
  const metrics = await startAgentMetrics(
    metricsOptions,
    { loadBalancer, source, translator, stats, version },
    {
      '/state': () =>
        agentState({
          loadBalancer,
          source,
          problems,
          version,
          node: nodeName,
          startedAt,
          appliedAt: () => appliedAt,
        }),
      '/services': () => agentServices({ loadBalancer }),
    },
    problems.add,
  );

  try {
    await source.start((event) => {
      translator.apply(event);
      schedule();
    });
  } catch (error) {
    syncWatch.close();
    await Promise.all([health.close(), metrics.close()]);
    // Nothing to follow: what was only just attached must not stay behind, what an earlier agent left must.
    if (loadBalancer.summary().takenOver === 0) loadBalancer.remove();
    else loadBalancer.close();
    throw error;
  }
  return {
    loadBalancer,
    async close() {
      if (closed) return;
      closed = true;
      clearImmediate(scheduled);
      clearTimeout(recovery);
      syncWatch.close();
      try {
        await source.close();
        await Promise.all([health.close(), metrics.close()]);
      } finally {
        loadBalancer.close();
      }
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
