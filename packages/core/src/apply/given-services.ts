import type { Frontend, Inheritance, Projector, Unread } from '@lbx/maps';
import type { BackendPlaces } from './backend-places.ts';
import type { ServiceChanges } from './programmer.ts';

/** Services as they were given, and handed on: with the backends that an earlier process left and that have to stay. */
export interface GivenServices {
  /** As they were last given. */
  readonly services: ServiceChanges;
  give(changes: ServiceChanges): void;
  /** Takes effect with the next `give`. */
  setUnread(unread: Unread): void;
}

const none: readonly Frontend[] = [];

export function createGivenServices(
  inheritance: Pick<Inheritance, 'complete' | 'setUnread'>,
  projector: Pick<Projector, 'set'>,
  places: Pick<BackendPlaces, 'replace'>,
): GivenServices {
  const services = new Map<string, readonly Frontend[]>();
  /** Those that were handed on with more than they were given. */
  const completed = new Map<string, readonly Frontend[]>();
  /** Those that have no more than that from now on. */
  const released = new Set<string>();

  const giveOne = (service: string, frontends: readonly Frontend[]) => {
    const before = completed.get(service) ?? services.get(service) ?? none;
    const after = inheritance.complete(service, frontends);
    places.replace(before, after);
    if (frontends.length === 0) services.delete(service);
    else services.set(service, frontends);
    if (after === frontends) completed.delete(service);
    else completed.set(service, after);
    projector.set(service, after);
  };
  return {
    services,
    give(changes) {
      for (const service of released)
        if (!changes.has(service)) giveOne(service, services.get(service) ?? none);
      released.clear();
      for (const [service, frontends] of changes) giveOne(service, frontends);
    },
    setUnread(unread) {
      for (const service of inheritance.setUnread(unread)) released.add(service);
    },
  };
}
