import type { Arena } from './arena.ts';
import type { Op, Session } from './op.ts';
import { runSession, type SessionResult } from './session.ts';

/** Plays a session that is written down. */
export function replay(arena: Arena, { frontends, ops }: Session): SessionResult {
  const queue = [...ops];
  return runSession(arena, frontends, () => queue.shift());
}

/**
 * The smallest part of a session that still fails: steps are left out, half of them at a time, then fewer; then services.
 * Gives the session as it is when it does not fail again.
 */
export function shrink(arena: Arena, session: Session, limitMs = 10_000): Session {
  const end = performance.now() + limitMs;
  const fails = (candidate: Session) => {
    arena.control.apply(candidate.frontends);
    return replay(arena, candidate).problems.length > 0;
  };
  if (!fails(session)) return session;
  let { frontends } = session;
  let ops: readonly Op[] = replay(arena, session).ops;
  ops = without(ops, (fewer) => fails({ frontends, ops: fewer }), end);
  frontends = without(frontends, (fewer) => fails({ frontends: fewer, ops }), end);
  arena.control.apply(frontends);
  return { frontends, ops };
}

/** Leaves out as many as can be spared. */
function without<T>(
  list: readonly T[],
  stillFails: (fewer: readonly T[]) => boolean,
  end: number,
): readonly T[] {
  let rest = list;
  for (let size = Math.ceil(rest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = rest.length - size; at > -size && performance.now() < end; at -= size) {
      const fewer = [...rest.slice(0, Math.max(at, 0)), ...rest.slice(at + size)];
      if (fewer.length < rest.length && stillFails(fewer)) rest = fewer;
    }
  }
  return rest;
}
