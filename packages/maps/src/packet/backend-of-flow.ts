import { readBackend } from '../explain/read-backend.ts';
import { BackendStateByte } from '../layouts/names.ts';
import { type FlowBackend, isSameEndpoint } from './flow-state.ts';
import type { Run } from './run.ts';

/** Is the backend of a flow still the one that the flow was made for? */
export function isStillThere(run: Run, backend: FlowBackend): boolean {
  if (run.settings.derived) return (run.backends.get(backend.id)?.generation ?? 0) === backend.generation;
  const found = readBackend(run.trace, run.packet.family, backend.id);
  return found !== undefined && isSameEndpoint(found.backend, backend);
}

/** Terminating, quarantined, in maintenance or gone: no place to begin anew. */
export function isLeaving(run: Run, backend: FlowBackend): boolean {
  const found = readBackend(run.trace, run.packet.family, backend.id);
  return found === undefined || found.stateByte !== BackendStateByte.active;
}
