import { ownEntries, type Projection } from '@lbx/maps';
import type { FrontendStatus } from '../status.ts';
import type { WrittenEntries } from './written-entries.ts';

/** For each wanted frontend: are all its entries, and those of its backends, in the maps as they should be? */
export function frontendStatus(desired: Projection | undefined, written: WrittenEntries): FrontendStatus[] {
  if (desired === undefined) return [];
  const wanted = [...desired.frontends.values()].map((group) => ({
    name: group.name,
    service: group.frontend.service,
    backends: group.backends.length,
    programmed: [...ownEntries(group)].every(written.has) && group.backends.every(written.has),
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
