import type { Backend } from '../model/backend.ts';
import { nameOfEndpoint } from '../model/endpoint-name.ts';
import type { Frontend } from '../model/frontend.ts';
import type { Projection } from '../project/projection.ts';
import { foundBackends, type PlaceOf } from './found-backends.ts';
import { leaveAlone } from './leave-alone.ts';
import type { Written } from './written.ts';

/** Of what an earlier process left something must stay, because not all that is said of it can be read. */
export interface Unread {
  /** Some of the frontends that nobody asks for may be somebody's: they stay as they are. */
  readonly unclaimed: boolean;
  /** Services of which not all backends are known: those that nobody accounts for stay. */
  readonly services: { has(service: string): boolean };
}

/** Nothing is unread: everything may be brought in line. */
export const nothingUnread: Unread = { unclaimed: false, services: new Set() };

/** Frontends that were in the maps from the start and that this process has not written yet. */
export interface Inheritance {
  /** What is unread from now on. Gives the services of which nothing more has to stay: give them anew. */
  setUnread(unread: Unread): readonly string[];
  /**
   * The frontends of a service as they are given, with what has to stay: the backends that its frontends were found with and
   * that were in none of them since. Once a backend is given it is known, and goes when it is given no more.
   */
  complete(service: string, frontends: readonly Frontend[]): readonly Frontend[];
  /** `desired`, but that frontends which must stay as they were found are left alone. */
  without(desired: Projection): Projection;
  /** What `without` gave was planned and carried out: its frontends are this process's own from now on. */
  settle(desired: Projection): void;
  /** How many frontends the last `without` left alone, and have backends that nobody accounts for. */
  readonly kept: number;
}

/** Backends as they were found, by frontend and by name: "192.0.2.10:8080/TCP". */
type FoundByFrontend = ReadonlyMap<string, Map<string, Backend>>;

/**
 * To be made before anything is written.
 * @param placeOf - as the maps have it; backends that were found on this node stay there.
 */
export function createInheritance(
  found: Pick<Written, 'frontends' | 'backends' | 'othersOf'>,
  placeOf?: PlaceOf,
): Inheritance {
  const names = new Set(found.frontends.keys());
  const foundOf = new Map<string, FoundByFrontend>();
  let unread = nothingUnread;
  let left = new Set<string>();

  const lookUp = (frontends: readonly Frontend[]): FoundByFrontend => {
    const mine = frontends.map(nameOfEndpoint).filter((name) => names.has(name));
    return new Map(
      mine.map((name) => [
        name,
        new Map(foundBackends(found, name, placeOf).map((backend) => [nameOfEndpoint(backend), backend])),
      ]),
    );
  };
  return {
    get kept() {
      let kept = left.size;
      for (const byFrontend of foundOf.values())
        for (const backends of byFrontend.values()) if (backends.size > 0) kept++;
      return kept;
    },
    setUnread(now) {
      unread = now;
      const released = [...foundOf.keys()].filter((service) => !unread.services.has(service));
      for (const service of released) foundOf.delete(service);
      return released;
    },
    complete(service, frontends) {
      if (frontends.length === 0) foundOf.delete(service);
      if (!unread.services.has(service) || frontends.length === 0) return frontends;
      const byFrontend = foundOf.get(service) ?? lookUp(frontends);
      foundOf.set(service, byFrontend);
      const given = new Set(frontends.flatMap(({ backends }) => backends.map(nameOfEndpoint)));
      const asked = new Set(frontends.map(nameOfEndpoint));
      for (const [name, backends] of byFrontend) {
        if (!asked.has(name)) backends.clear();
        for (const backend of backends.keys()) if (given.has(backend)) backends.delete(backend);
      }
      return withBackends(frontends, byFrontend);
    },
    without(desired) {
      left = new Set();
      if (unread.unclaimed)
        for (const name of names)
          if (!desired.frontends.has(name) && !desired.refusedNames.has(name)) left.add(name);
      return leaveAlone(desired, left);
    },
    settle(desired) {
      for (const name of names)
        if (desired.frontends.has(name) || !found.frontends.has(name)) names.delete(name);
    },
  };
}

/** Frontends that get the same backends share the array, as they should. */
function withBackends(frontends: readonly Frontend[], found: FoundByFrontend): readonly Frontend[] {
  const made = new Map<readonly Backend[], Map<string, readonly Backend[]>>();
  return frontends.map((frontend) => {
    const more = found.get(nameOfEndpoint(frontend));
    if (more === undefined || more.size === 0) return frontend;
    const known = made.get(frontend.backends) ?? new Map<string, readonly Backend[]>();
    made.set(frontend.backends, known);
    const text = JSON.stringify([...more.values()]);
    const backends = known.get(text) ?? [...frontend.backends, ...more.values()];
    known.set(text, backends);
    return { ...frontend, backends };
  });
}
