import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';
import { noDevice, type XdpFacts, xdpFacts } from './device-facts.ts';

export const xdpProgramsCheck = defineCheck<XdpFacts[]>({
  id: 'xdp-programs',
  group: 'devices',
  tries: "lists the programs on the devices' XDP hooks",
  matters: 'the hook holds one program; lbx never replaces one of others',
  remedy: 'stop what attached it, or ip link set dev DEVICE xdp off; or do without: --xdp off',
  needsRoot: false,
  skips: noDevice,
  probe: xdpFacts,
  judge: (facts) =>
    facts.flatMap(({ device: { name: about }, programs, wanted }): Verdict[] => {
      if (programs.length === 0) return [{ status: 'ok', about, found: 'the hook is free' }];
      return programs.map(({ programName, programId, mode }) => {
        const what = `${programName ?? 'a program whose name only root may read'} (id ${programId}, ${mode})`;
        if (programName?.startsWith('lbx_')) return { status: 'ok', about, found: `ours: ${what}` };
        if (wanted === 'off')
          return { status: 'note', about, found: `another program runs before lbx at tc: ${what}` };
        return {
          status: wanted === 'auto' ? 'warn' : 'fail',
          about,
          found: `the hook is taken by ${what}${wanted === 'auto' ? ': packets are balanced at tc behind it' : ''}`,
          remedy: `stop what attached it, or: ip link set dev ${about} xdp off; or leave it and use --xdp off`,
        };
      });
    }),
});
