import { ownEntries, type Projection } from '@lbx/maps';
import type { FrontendState } from '../reconcile/frontend-states.ts';
import type { FrontendStatus } from '../status.ts';
import type { WrittenEntries } from './written-entries.ts';

/** For each wanted frontend: are all its entries, and those of its backends, in the maps as they should be? */
export function frontendStatus(
  desired: Projection,
  written: WrittenEntries,
  stateOf: (name: string) => FrontendState | undefined,
): FrontendStatus[] {
  const wanted = [...desired.frontends.values()].map((group) => ({
    name: group.name,
    service: group.frontend.service,
    backends: group.backends.length,
    programmed: [...ownEntries(group)].every(written.has) && [...group.backends].every(written.has),
    ...describe(stateOf(group.name)),
  }));
  const refused = desired.refused.map(({ name, service, error }) => ({
    name,
    service,
    backends: 0,
    programmed: false,
    error: error.message,
  }));
  return [...wanted, ...refused];
}

function describe(state: FrontendState | undefined): Partial<FrontendStatus> {
  if (state === undefined) return {};
  const { since, error, attempts, nextAt } = state;
  return {
    since,
    ...(error === undefined ? {} : { error: error.message }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(nextAt === undefined ? {} : { nextRetry: nextAt }),
  };
}
