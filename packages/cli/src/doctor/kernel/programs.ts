import { release } from 'node:os';
import { type DatapathProbe, probeDatapath } from '@lbx/core';
import { defineCheck } from '../check.ts';

/** What came of loading the programs. */
export type ProgramFacts =
  | (DatapathProbe & { readonly kernel: string })
  | { readonly kernel: string; readonly problem: string; readonly hint?: string };

export const programsCheck = defineCheck<ProgramFacts>({
  id: 'programs',
  group: 'kernel',
  tries: 'loads the programs that the agent would load, on small maps of their own, and lets go of them',
  matters: "the kernel's verifier, helpers or map types do not take the datapath",
  remedy: 'use a newer kernel (6.1 or later), or fewer parts: --no-cgroup, no --device',
  needsRoot: true,
  probe({ devices, options }) {
    const kernel = release();
    try {
      return { ...probeDatapath({ packets: devices.length > 0, sockets: options.cgroup !== false }), kernel };
    } catch (error) {
      const { message, hint } = error as { message: string; hint?: string };
      return { kernel, problem: message.split('\n')[0] ?? message, ...(hint === undefined ? {} : { hint }) };
    }
  },
  judge(facts) {
    if ('problem' in facts) {
      return [
        {
          status: 'fail',
          found: `Linux ${facts.kernel} does not take the programs: ${facts.problem}`,
          remedy: facts.hint ?? 'use a newer kernel (6.1 or later)',
        },
      ];
    }
    const { kernel, programs, families, ms } = facts;
    return [
      {
        status: 'ok',
        found: `Linux ${kernel} takes all ${programs.length} programs (IPv${families.join(', IPv')}; ${Math.round(ms)} ms)`,
      },
    ];
  },
});
