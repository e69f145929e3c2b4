import { copyEntries } from './copy-entries.ts';
import type { Transfer } from './transfer.ts';

/** Hashes and tries that only user space writes; maps of maps keep the same inner maps. */
export const hashTransfer: Transfer = {
  fits(from, { maxEntries }) {
    let used = 0;
    for (const _ of from.entries()) used++;
    return { used, fits: used <= maxEntries };
  },
  fill(from, to) {
    copyEntries(from.entries(), to);
  },
};
