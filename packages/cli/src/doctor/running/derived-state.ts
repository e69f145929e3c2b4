import { type DerivedState, inspectDerived } from '@lbx/core';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

export const derivedStateCheck = defineCheck<{
  readonly state: DerivedState | undefined;
  readonly served: boolean;
}>({
  id: 'derived-state',
  group: 'what is pinned',
  tries:
    'works out the gate and the validity of backends from the entries, and compares with what the programs read',
  matters:
    'packets of services whose gate is closed are passed as if they were nobody’s; backends that count as removed get none',
  remedy: 'a running agent puts it right within --drift-seconds; else start it again',
  needsRoot: true,
  skips: ({ pinned }) =>
    pinned?.maps.some(({ name }) => name === 'lbx_gate')
      ? undefined
      : 'no packet or socket programs are pinned',
  async probe({ options, pinned }) {
    const first = inspectDerived(options.pins);
    const differs = (state: DerivedState | undefined) =>
      state !== undefined && state.closedWords + state.deadBackends.length > 0;
    // What was being written just then is there a moment later.
    if (differs(first)) await new Promise((resolve) => setTimeout(resolve, 100));
    return { state: differs(first) ? inspectDerived(options.pins) : first, served: pinned?.locked === true };
  },
  judge({ state, served }) {
    if (state === undefined) return [{ status: 'ok', found: 'there is none' }];
    const { endpoints, closedWords, looseWords, backends, deadBackends } = state;
    const remedy = served
      ? 'the agent repairs it within a minute; if it comes back, somebody else writes these maps'
      : 'start lbx agent again';
    const verdicts: Verdict[] = [];
    if (closedWords > 0)
      verdicts.push({
        status: 'fail',
        about: 'gate',
        found: `closed for some of the ${endpoints} endpoints (${closedWords} words lack bits): their packets are passed unserved`,
        remedy,
      });
    if (deadBackends.length > 0)
      verdicts.push({
        status: 'fail',
        about: 'backends',
        found: `${deadBackends.length} of ${backends} count as removed (ids ${deadBackends.slice(0, 5).join(', ')}${deadBackends.length > 5 ? ', …' : ''}): they get no flows`,
        remedy,
      });
    if (looseWords > 0)
      verdicts.push({
        status: 'note',
        about: 'gate',
        found: `${looseWords} words have bits that no entry needs: a few packets are looked at in vain`,
      });
    return verdicts.length > 0
      ? verdicts
      : [
          {
            status: 'ok',
            found: `the gate is right for ${endpoints} endpoints, and ${backends} backends are valid`,
          },
        ];
  },
});
