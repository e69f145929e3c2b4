import { describe, expect, it } from 'vitest';
import { type Caller, callers, endpointStates, places } from './cases.ts';
import { noteOf, verdictDocument } from './document.ts';
import { judge } from './judge.ts';
import { notes } from './notes.ts';

it('docs/verdicts.md is what the code computes', async () => {
  await expect(verdictDocument()).toMatchFileSnapshot('../../../../docs/verdicts.md');
});

describe('every difference from kube-proxy has a note', () => {
  const order = Object.keys(callers) as Caller[];
  it.each(places.map((place) => [place.name, place] as const))('%s', (_, place) => {
    for (const { name, endpoints } of endpointStates) {
      const cells = judge(place, endpoints);
      for (const caller of order) {
        for (const mode of ['iptables', 'nftables'] as const) {
          const [lbx, other] = [cells.lbx[caller], cells[mode][caller]];
          const note = noteOf(place.kind, caller, lbx, other);
          const what = `${name}, ${caller}: lbx ${lbx}, ${mode} ${other}`;
          if (lbx === other) expect(note, what).toBeUndefined();
          else expect(notes, what).toContain(`\n${note}. `);
        }
      }
    }
  });
});
