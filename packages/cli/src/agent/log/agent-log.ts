import { type AgentEvent, eventLevels } from '../agent-event.ts';
import { foldApplied } from './fold-applied.ts';
import { createLineLimit } from './line-limit.ts';
import type { LogFormat } from './log-format.ts';
import { isWritten, type LogLevel } from './log-level.ts';
import { logLine } from './log-line.ts';

export interface AgentLogOptions {
  readonly format: LogFormat;
  readonly level: LogLevel;
  readonly out: (line: string) => void;
}

/** Writes events as lines: those that are weighty enough, and never very many. */
export interface AgentLog {
  write(event: AgentEvent): void;
  close(): void;
}

/** Those of which there may be any number. */
const limited: ReadonlySet<AgentEvent['event']> = new Set(['problem', 'solved', 'notice']);

/** At level debug every change has a line; else changes that come one after the other share lines. */
export function createAgentLog({ format, level, out }: AgentLogOptions): AgentLog {
  const limit = createLineLimit();
  const put = (event: AgentEvent) => {
    if (isWritten(eventLevels[event.event], level)) out(logLine(event, format, new Date()));
  };
  const putSuppressed = () => {
    const lines = limit.takeRefused();
    if (lines > 0) put({ event: 'suppressed', lines });
  };
  const fold = foldApplied(put);
  const timer = setInterval(putSuppressed, 10_000).unref();
  return {
    write(event) {
      if (event.event === 'applied' && level !== 'debug') return fold.add(event);
      if (limited.has(event.event) && isWritten(eventLevels[event.event], level) && !limit.take()) return;
      put(event);
    },
    close() {
      clearInterval(timer);
      fold.close();
      putSuppressed();
    },
  };
}
