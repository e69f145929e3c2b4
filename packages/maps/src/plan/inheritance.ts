import type { Projection } from '../project/projection.ts';
import { leaveAlone } from './leave-alone.ts';
import type { Written } from './written.ts';

/** Whose frontends must stay as an earlier process left them, because not all that is said of them can be read. */
export interface Unread {
  /** Some of those that nobody asks for may be somebody's. */
  readonly unclaimed: boolean;
  /** Services of which not all backends are known. */
  readonly services: { has(service: string): boolean };
}

/** Nothing is unread: everything may be brought in line. */
export const nothingUnread: Unread = { unclaimed: false, services: new Set() };

/** Frontends that were in the maps from the start and that this process has not written yet. */
export interface Inheritance {
  /** `desired`, but that what must stay as it was found is left alone. */
  without(desired: Projection, unread: Unread): Projection;
  /** What `without` gave was planned and carried out: its frontends are this process's own from now on. */
  settle(desired: Projection): void;
  /** How many frontends the last `without` left alone. */
  readonly kept: number;
}

/** To be made before anything is written. */
export function createInheritance(found: Pick<Written, 'frontends'>): Inheritance {
  const names = new Set(found.frontends.keys());
  let kept = new Set<string>();
  return {
    get kept() {
      return kept.size;
    },
    without(desired, { unclaimed, services }) {
      kept = new Set();
      for (const name of names) {
        const group = desired.frontends.get(name);
        const stays =
          group === undefined
            ? unclaimed && !desired.refusedNames.has(name)
            : services.has(group.frontend.service);
        if (stays) kept.add(name);
      }
      return leaveAlone(desired, kept);
    },
    settle(desired) {
      for (const name of names)
        if (desired.frontends.has(name) || !found.frontends.has(name)) names.delete(name);
    },
  };
}
