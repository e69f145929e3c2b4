import type { PinnedMap } from '@lbx/core';
import { defineCheck } from '../check.ts';

export const layoutsCheck = defineCheck<{ readonly maps: readonly PinnedMap[] }>({
  id: 'layouts',
  group: 'what is pinned',
  tries: 'compares type, sizes and version of each pinned map with what this lbx reads and writes',
  matters: 'this version cannot read what is pinned; it refuses instead of damaging it',
  remedy: 'use the version of lbx that pinned it, or lbx cleanup and start anew',
  needsRoot: true,
  skips: ({ pinned }) => ((pinned?.maps.length ?? 0) === 0 ? 'no maps are pinned' : undefined),
  probe: ({ pinned }) => ({ maps: pinned?.maps ?? [] }),
  judge({ maps }) {
    const other = maps.filter(({ difference }) => difference !== undefined);
    if (other.length === 0)
      return [{ status: 'ok', found: `all ${maps.length} maps are as this lbx knows them` }];
    return other.map(({ name: about, difference = '' }) => ({
      status: 'fail',
      about,
      found: difference,
      remedy: 'use the lbx that pinned it; or lbx cleanup, and start anew (open connections break)',
    }));
  },
});
