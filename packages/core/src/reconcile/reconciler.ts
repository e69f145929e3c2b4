import type { Projection } from '@lbx/maps';
import type { ApplyReport } from '../apply/apply-report.ts';
import type { Applied, ApplyHow, ServiceChanges } from '../apply/programmer.ts';
import type { DriftSlice } from './drift-check.ts';
import { createDriftChecker } from './drift-checker.ts';
import type { DriftStatus } from './drift-status.ts';
import { createFrontendStates, type FrontendState } from './frontend-states.ts';
import { type ChangeTimes, createLatencyMeter, type ProgrammingLatency } from './latency.ts';

/** What a reconciler acts on. */
export interface ReconcilerParts {
  /** Writes what changed and what is left. */
  write(changes: ServiceChanges, how: ApplyHow): Applied;
  readonly desired: Projection;
  retryRefused(): void;
  /** Milliseconds until what was refused for want of an id may have one; undefined: nothing was, or all are in use. */
  idsFreeIn(): number | undefined;
  checkDrift(): Iterator<DriftSlice, void>;
  repairDerived(): Iterator<number, void>;
  /** Runs something with the thread in the network namespace of the load balancer. */
  inside(act: () => void): void;
  /** Seconds between two comparisons of the maps with what was written; false: never. */
  readonly driftSeconds: number | false;
  onNotice(notice: string): void;
  /** Told of what was written without being called for. */
  onApplied(report: ApplyReport): void;
}

/** A frontend that could not be written as it should be. */
export interface FailingFrontend {
  /** "" for entries that several frontends share. */
  readonly frontend: string;
  readonly error?: Error;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly nextRetry: number;
}

/** How the reconciler is doing. */
export interface ReconcileStatus {
  /** Everything has been told: what nobody asks for is removed. */
  readonly synced: boolean;
  /** Frontends that failed and are tried again. */
  readonly pending: number;
  /** When the next of them is; milliseconds since 1970. */
  readonly nextRetry?: number;
  readonly failing: readonly FailingFrontend[];
  readonly drift: DriftStatus;
  readonly latency: ProgrammingLatency;
}

/** Keeps the maps in line: tries again what failed, and puts right what somebody else changed. Keeps no process alive. */
export interface Reconciler {
  readonly status: ReconcileStatus;
  stateOf(frontend: string): FrontendState | undefined;
  /** Exactly these changes; everything has been told by now. What failed before is tried again at once. */
  apply(changes: ServiceChanges): ApplyReport;
  /** These services changed. What failed before has its own time. */
  update(changes: ServiceChanges, times?: ChangeTimes): ApplyReport;
  /** Everything has been told: removes what an earlier process left and nobody asked for. */
  sync(): ApplyReport;
  /** The network changed: services that were given already may be served elsewhere. */
  refresh(): void;
  /** Compares the maps with what was written, now; resolves when all of it was. */
  checkDrift(): Promise<void>;
  close(): void;
}

/** Under this name the entries wait that several frontends share, such as a backend that cannot be deleted. */
const shared = '';
/** What was refused for want of ids is tried again when there is one, but not more often than that. */
const refusedMs = 1000;
/** There was one, and it was not enough. */
const refusedAgainMs = 60_000;

export function createReconciler(parts: ReconcilerParts): Reconciler {
  const { write, desired, inside, onNotice, onApplied, driftSeconds } = parts;
  const states = createFrontendStates(Date.now);
  const { backoff } = states;
  const meter = createLatencyMeter({ wall: Date.now, steady: () => performance.now() });
  let synced = false;
  let applied = false;
  let retry: NodeJS.Timeout | undefined;
  let refusedRetry: { readonly at: number; readonly timer?: NodeJS.Timeout } | undefined;

  const put = (changes: ServiceChanges, how: ApplyHow, times: ChangeTimes = {}): ApplyReport => {
    applied = true;
    meter.begin(changes.keys(), times);
    const done = write(changes, { ...how, prune: synced });
    states.note(done, (name) => desired.frontends.has(name));
    if (done.sharedLeft && done.pending.size === 0 && !done.report.pending)
      backoff.failed(shared, Date.now());
    else backoff.forget(shared);
    meter.written(waitingServices(done));
    schedule();
    scheduleRefused(refusedMs);
    return done.report;
  };
  /** Services that are not in force yet, as far as the last write tells. */
  const waitingServices = ({ report, pending }: Applied): ReadonlySet<string> => {
    const services = new Set<string>();
    if (report.pending > 0) {
      const names = new Set([...pending.keys(), ...backoff.names()]);
      for (const name of names) {
        const service = desired.frontends.get(name)?.frontend.service;
        if (service !== undefined) services.add(service);
      }
    }
    for (const { service } of report.refused) services.add(service);
    return services;
  };
  const isWaiting = (name: string) => backoff.isWaiting(name, Date.now());
  /** Writes because of what happened here. */
  const putByItself = (how: ApplyHow = {}) => onApplied(put(new Map(), { isWaiting, ...how }));
  const guarded = (what: string, act: () => void) => {
    try {
      inside(act);
    } catch (error) {
      onNotice(`${what} failed: ${(error as Error).message}`);
    }
  };
  const schedule = () => {
    clearTimeout(retry);
    const { nextAt } = backoff;
    if (nextAt === undefined) return;
    retry = setTimeout(
      () => guarded('trying again what could not be written', () => putByItself()),
      // Timers may be a moment early.
      Math.max(1, nextAt - Date.now() + 1),
    ).unref();
  };

  const scheduleRefused = (atLeastMs: number) => {
    const freeIn = parts.idsFreeIn();
    if (freeIn === undefined) return;
    const wait = Math.max(freeIn, atLeastMs);
    const at = performance.now() + wait;
    if (refusedRetry !== undefined && refusedRetry.at <= at) return;
    clearTimeout(refusedRetry?.timer);
    refusedRetry = { at, timer: setTimeout(retryRefused, wait).unref() };
  };
  const retryRefused = () => {
    refusedRetry = { at: 0 }; // not by the write that this is
    guarded('trying again what was refused', () => {
      parts.retryRefused();
      putByItself();
    });
    refusedRetry = undefined;
    scheduleRefused(refusedAgainMs);
  };

  const checker = createDriftChecker({
    compare: () => parts.checkDrift(),
    repairDerived: () => parts.repairDerived(),
    repair: ({ changes }) => inside(() => putByItself({ also: changes })),
    onNotice,
  });
  const check = async () => {
    // Until everything has been told, what nobody asks for is not foreign.
    if (synced) await checker.check();
  };
  const driftTimer =
    driftSeconds === false ? undefined : setInterval(() => void check(), driftSeconds * 1000).unref();

  return {
    get status() {
      const { nextAt, size } = backoff;
      return {
        synced,
        pending: size,
        ...(nextAt === undefined ? {} : { nextRetry: nextAt }),
        failing: [...backoff.names()].flatMap((frontend) => {
          const failing = backoff.get(frontend);
          if (failing === undefined) return [];
          const error = states.get(frontend)?.error;
          return [
            {
              frontend,
              attempts: failing.attempts,
              nextRetry: failing.nextAt,
              ...(error === undefined ? {} : { error }),
            },
          ];
        }),
        drift: checker.status,
        latency: meter.latency,
      };
    },
    stateOf: (name) => states.get(name),
    apply(changes) {
      synced = true;
      return put(changes, {});
    },
    update: (changes, times) => put(changes, { isWaiting }, times),
    sync() {
      synced = true;
      return put(new Map(), { isWaiting });
    },
    refresh() {
      if (applied) putByItself();
    },
    checkDrift: check,
    close() {
      clearTimeout(retry);
      clearInterval(driftTimer);
      clearTimeout(refusedRetry?.timer);
      checker.close();
    },
  };
}
