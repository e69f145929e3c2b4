import { statSync } from 'node:fs';
import type { PinnedLink } from '@lbx/core';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

export interface LinkFacts {
  readonly links: readonly PinnedLink[];
  readonly devices: readonly { readonly name: string; readonly ifindex: number }[];
  /** Inode of the cgroup that sockets are looked at in. */
  readonly cgroupId?: bigint;
}

export const linksCheck = defineCheck<LinkFacts>({
  id: 'links',
  group: 'what is pinned',
  tries: 'asks the kernel of each pinned link whether it is attached, where, and to which program',
  matters: 'a link whose device or cgroup is gone sees no packets',
  remedy: 'start the agent again: it attaches anew; lbx cleanup removes what is left',
  needsRoot: true,
  skips: ({ pinned }) => ((pinned?.links.length ?? 0) === 0 ? 'no links are pinned' : undefined),
  probe: ({ pinned, allDevices, cgroup }) => ({
    links: pinned?.links ?? [],
    devices: allDevices,
    ...(cgroup === undefined ? {} : { cgroupId: statSync(cgroup, { bigint: true }).ino }),
  }),
  judge({ links, devices, cgroupId }) {
    const bad = links.flatMap(({ name: about, info, programName }): Verdict[] => {
      const again = 'start lbx agent again: it attaches anew';
      if (!info.attached)
        return [
          {
            status: 'fail',
            about,
            found: 'is not attached any more: its device or cgroup is gone',
            remedy: again,
          },
        ];
      if (programName !== undefined && !programName.startsWith('lbx_'))
        return [{ status: 'fail', about, found: `runs ${programName}, which is none of lbx`, remedy: again }];
      const device = /^(?:xdp|tc_ingress|tc_egress|tc_to_pod|tc_from_pod)_(.+)$/
        .exec(about)?.[1]
        ?.replaceAll(':', '.');
      if (device !== undefined && !devices.some((one) => one.name === device && one.ifindex === info.ifindex))
        return [
          {
            status: 'warn',
            about,
            found: `is attached to the device with index ${info.ifindex}, which is not ${device} of this network namespace`,
            remedy: 'run lbx doctor in the network namespace of the agent (the host’s)',
          },
        ];
      if (info.cgroupId !== undefined && cgroupId !== undefined && info.cgroupId !== cgroupId)
        return [
          {
            status: 'note',
            about,
            found: `is attached to another cgroup (id ${info.cgroupId}) than the one that is looked at (${cgroupId})`,
            remedy: 'name it with --cgroup',
          },
        ];
      return [];
    });
    return bad.length > 0
      ? bad
      : [{ status: 'ok', found: `all ${links.length} links are attached where they say` }];
  },
});
