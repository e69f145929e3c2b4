import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';
import { noDevice, type XdpFacts, xdpFacts } from './device-facts.ts';

export interface XdpProgramFacts {
  readonly devices: readonly XdpFacts[];
  readonly wanted: 'auto' | 'native' | 'generic' | 'off';
}

export const xdpProgramsCheck = defineCheck<XdpProgramFacts>({
  id: 'xdp-programs',
  group: 'devices',
  tries: "lists the programs on the devices' XDP hooks",
  matters: 'the hook holds one program; lbx never replaces one of others',
  remedy: 'stop what attached it, or ip link set dev DEVICE xdp off; or do without: --xdp off',
  needsRoot: false,
  skips: noDevice,
  probe: (context) => ({ devices: xdpFacts(context), wanted: context.options.xdp }),
  judge: ({ devices, wanted }) =>
    devices.flatMap(({ device: { name: about }, programs }): Verdict[] => {
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
