import type { Ids } from '../ids/ids.ts';
import { endpointName } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import { protocolName } from '../model/protocol.ts';
import type { ProjectOptions } from './options.ts';
import type { Projection } from './projection.ts';
import { createProjector } from './projector.ts';

/**
 * What the maps should hold for exactly these frontends: the entries that Cilium 1.20.2 writes for them, up to the ids.
 * Depends on nothing but its arguments; `ids` hands out and keeps the ids, and frees those of names that are gone.
 *
 * Nothing throws: a frontend that cannot be written (bad address, limits, conflict with an earlier one, no id left, no
 * room) is in `refused`. To follow services as they change, use `createProjector`.
 */
export function project(frontends: Iterable<Frontend>, options: ProjectOptions, ids: Ids): Projection {
  const services = byService(frontends);
  const rank = new Map([...services.keys()].map((service, i) => [service, i]));
  const projector = createProjector(options, ids, { compare: (a, b) => rank.get(a)! - rank.get(b)! });
  for (const [service, list] of services) projector.set(service, list);
  // What had no room may have some by now: a later service may have taken over an address of an earlier one.
  projector.takeChanges();
  const { projection } = projector;
  const names = [...projection.frontends.keys(), ...projection.refusedNames.keys()];
  ids.frontends.retain(new Set(names));
  ids.backends.retain(new Set([...projection.backends.values()].map(backendName)));
  return projection;
}

/** Frontends by their service, in the order in which services come first. */
export function byService(frontends: Iterable<Frontend>): Map<string, Frontend[]> {
  const services = new Map<string, Frontend[]>();
  for (const frontend of frontends) {
    const list = services.get(frontend.service);
    if (list === undefined) services.set(frontend.service, [frontend]);
    else list.push(frontend);
  }
  return services;
}

function backendName({ value }: { readonly value: object }): string {
  const { address, port, proto } = value as { address: string; port: number; proto: number };
  return endpointName(address, port, protocolName(proto));
}
