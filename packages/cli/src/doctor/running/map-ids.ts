import type { MapMismatch } from '@lbx/core';
import { defineCheck } from '../check.ts';

export const mapIdsCheck = defineCheck<{
  readonly mismatches: readonly MapMismatch[];
  readonly programs: number;
}>({
  id: 'map-ids',
  group: 'what is pinned',
  tries: 'compares the maps inside the running programs with those that are pinned, by the kernel’s ids',
  matters: 'what is written to the pinned maps has no effect on packets',
  remedy: 'start the agent again: it loads its programs on the pinned maps',
  needsRoot: true,
  skips: ({ pinned }) => ((pinned?.links.length ?? 0) === 0 ? 'no links are pinned' : undefined),
  probe: ({ pinned }) => ({ mismatches: pinned?.mismatches ?? [], programs: pinned?.links.length ?? 0 }),
  judge: ({ mismatches, programs }) =>
    mismatches.length === 0
      ? [{ status: 'ok', found: `the programs of ${programs} links use the pinned maps` }]
      : mismatches.map(({ map, ours, theirs, where }) => ({
          status: 'fail' as const,
          about: `${where} ${map}`,
          found: `the program uses map ${theirs}, pinned is map ${ours}: entries go nowhere`,
          remedy: 'start lbx agent again (or, without one, lbx cleanup and start anew)',
        })),
});
