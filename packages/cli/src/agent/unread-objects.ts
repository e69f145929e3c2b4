import type { ApplyReport, LoadBalancer } from '@lbx/core';
import type { NeverRead } from '@lbx/k8s-sync';
import { CliError } from '../cli-error.ts';

/** Keeps what an earlier process left for objects that cannot be read. */
export interface UnreadObjects {
  /** To be called before services are written. */
  look(neverRead: NeverRead): void;
  /** What to say of it, by what was written. */
  problems(report: Pick<ApplyReport, 'kept'>): readonly Error[];
}

/** So many objects are named. */
const most = 5;

export function createUnreadObjects(loadBalancer: Pick<LoadBalancer, 'setUnread'>): UnreadObjects {
  let objects: readonly string[] = [];
  return {
    look({ owners, slices, services }) {
      const now = [...owners, ...slices];
      if (now.join() === objects.join()) return;
      objects = now;
      loadBalancer.setUnread({ unclaimed: owners.length > 0, services });
    },
    problems({ kept }) {
      if (kept === 0) return [];
      const named = objects.slice(0, most).join(', ');
      const more = objects.length > most ? ` and ${objects.length - most} more` : '';
      return [
        new CliError(
          'LBX_KEPT_UNREAD',
          `${kept} frontends that were found stay, or keep backends that nobody accounts for, because ${named}${more} cannot be read and they may belong there; repair or delete what cannot be read`,
        ),
      ];
    },
  };
}
