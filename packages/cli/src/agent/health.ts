import { createHealthServers, type HealthServersOptions, type Translator } from '@lbx/k8s-sync';

/** The health servers of an agent, told what it does. */
export interface AgentHealth {
  /** Something was told by the source that is not written yet. */
  waiting(): void;
  /** What was told is written; `complete` unless writes failed, which then still wait. */
  written(complete: boolean): void;
  close(): Promise<void>;
}

/** Serves /healthz, /livez and the health checks of Services by what `translator` says. Problems go to `onProblem`. */
export function startAgentHealth(
  options: HealthServersOptions,
  translator: Translator,
  onProblem: (problem: Error) => void,
): AgentHealth {
  const servers = createHealthServers({ ...options, onProblem });
  return {
    waiting: () => servers.queued(),
    written(complete) {
      if (complete) servers.updated();
      servers.follow(translator);
    },
    close: () => servers.close(),
  };
}
