import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isBpffs } from '@lbx/core';
import { BpfMap } from 'libbpf-ts';
import { defineCheck } from '../check.ts';

export interface BpffsFacts {
  readonly pins: string;
  /** The folder that is there: of the pins, or what they would lie in. */
  readonly existing: string;
  readonly isBpffs: boolean;
  /** Why a map could not be pinned and opened again; undefined: it could. */
  readonly problem?: string;
}

export const bpffsCheck = defineCheck<BpffsFacts>({
  id: 'bpffs',
  group: 'kernel',
  tries: 'pins a map beside where the pins are to be, opens it by its path, and removes it',
  matters: 'maps and programs end with the process: each restart breaks connections',
  remedy:
    'mount -t bpf bpf /sys/fs/bpf (in a container: a hostPath volume of it), or another folder with --pins',
  needsRoot: true,
  probe({ options: { pins } }) {
    let existing = pins;
    while (!existsSync(existing)) existing = dirname(existing);
    if (!isBpffs(existing)) return { pins, existing, isBpffs: false };
    try {
      tryPin(existing === pins ? dirname(pins) : existing);
      return { pins, existing, isBpffs: true };
    } catch (error) {
      return { pins, existing, isBpffs: true, problem: (error as Error).message };
    }
  },
  judge({ pins, existing, isBpffs, problem }) {
    if (!isBpffs) {
      return [
        {
          status: 'fail',
          found: `${pins} is not in a BPF file system (${existing} is in another)`,
          remedy: 'mount -t bpf bpf /sys/fs/bpf',
        },
      ];
    }
    if (problem !== undefined)
      return [
        {
          status: 'fail',
          found: `a map cannot be pinned in ${existing}: ${problem}`,
          remedy: 'mount -o remount,rw /sys/fs/bpf, or see the check capabilities',
        },
      ];
    return [{ status: 'ok', found: `a map pinned in ${existing} can be opened again` }];
  },
});

/** In a folder of its own, which no lbx takes for one of its. The parent of the pins may be the mount itself. */
function tryPin(folder: string): void {
  const own = join(folder, `lbx-doctor-${process.pid}`);
  mkdirSync(own, { mode: 0o700 });
  try {
    using map = BpfMap.create({ name: 'lbx_doctor', type: 'array', keySize: 4, valueSize: 4, maxEntries: 1 });
    map.pin(join(own, 'map'));
    try {
      using again = BpfMap.openPinned(join(own, 'map'));
      if (again.id !== map.id) throw new Error('another map was opened than the one that was pinned');
    } finally {
      map.unpin();
    }
  } finally {
    rmdirSync(own);
  }
}
