import type { Ids } from '../ids/ids.ts';
import { restoreIds } from '../ids/restore-ids.ts';
import type { Frontend } from '../model/frontend.ts';
import type { Snapshot } from '../plan/snapshot.ts';
import { createWritten } from '../plan/written.ts';
import type { ProjectOptions } from './options.ts';
import { byService } from './project.ts';
import type { Projection } from './projection.ts';
import { createProjector } from './projector.ts';

/**
 * What maps that hold `actual` should hold for exactly these frontends: as `project`, but backends keep the slots that they
 * have there, as with a load balancer that runs. For maps that are empty it is the same as `project`.
 */
export function projectOnto(
  actual: Snapshot,
  frontends: Iterable<Frontend>,
  options: ProjectOptions,
  ids: Ids = restoreIds(actual),
): Projection {
  const services = byService(frontends);
  const rank = new Map([...services.keys()].map((service, i) => [service, i]));
  const written = createWritten(actual);
  const projector = createProjector(options, ids, {
    compare: (a, b) => rank.get(a)! - rank.get(b)!,
    slotsOf: (name) => written.slotsOf(name),
  });
  for (const [service, list] of services) projector.set(service, list);
  return projector.projection;
}
