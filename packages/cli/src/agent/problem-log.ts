import type { AgentEvent } from './agent-event.ts';

/** Tells of problems when they come, and when they go. */
export interface ProblemLog {
  /** These are all problems of one kind that there are now. */
  set(kind: string, problems: Iterable<Error>): void;
  /** One that nobody will say is over; told once. */
  add(problem: Error): void;
  /** All of one kind that there are now. */
  current(kind: string): readonly Error[];
}

/** So many of those that nobody says are over are remembered; an older one is told again when it comes back. */
const remembered = 1000;
/** Of those that come or go together, so many are told one by one. */
const most = 20;

type ProblemEvent = Extract<AgentEvent, { event: 'problem' | 'solved' }>;

export function createProblemLog(onEvent: (event: AgentEvent) => void): ProblemLog {
  const known = new Map<string, ReadonlyMap<string, Error>>();
  const once = new Set<string>();
  const tell = (event: ProblemEvent['event'], problems: readonly Error[]) => {
    for (const { message, ...rest } of problems.slice(0, most).map(describe))
      onEvent({ event, ...rest, message });
    const more = problems.length - most;
    if (more > 0) onEvent({ event, code: '', message: `and ${more} more` });
  };
  return {
    current: (kind) => [...(known.get(kind)?.values() ?? [])],
    set(kind, problems) {
      const before = known.get(kind) ?? new Map<string, Error>();
      const now = new Map([...problems].map((problem) => [nameOf(problem), problem]));
      tell(
        'problem',
        [...now].filter(([name]) => !before.has(name)).map(([, problem]) => problem),
      );
      tell(
        'solved',
        [...before].filter(([name]) => !now.has(name)).map(([, problem]) => problem),
      );
      known.set(kind, now);
    },
    add(problem) {
      const name = nameOf(problem);
      if (once.has(name)) return;
      once.add(name);
      const [oldest] = once;
      if (once.size > remembered) once.delete(oldest!);
      tell('problem', [problem]);
    },
  };
}

const describe = (problem: Error) => ({
  code: String((problem as { code?: unknown }).code ?? ''),
  message: problem.message,
});
const nameOf = (problem: Error): string => Object.values(describe(problem)).join(' ');
