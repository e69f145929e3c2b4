import { readObject } from '@lbx/bpf';
import { load } from 'libbpf-ts';
import { defineCheck } from '../check.ts';
import { noXdp, perDevice, type XdpFacts, xdpFacts } from './device-facts.ts';

export interface XdpDriverFacts extends XdpFacts {
  /** What came of trying, with --try-xdp and a free hook: undefined for success. */
  readonly tried?: { readonly problem?: string };
}

export const xdpDriverCheck = defineCheck<XdpDriverFacts[]>({
  id: 'xdp-driver',
  group: 'devices',
  tries:
    'asks the kernel what the driver can do for XDP; with --try-xdp attaches a program that passes everything, for a moment, where the hook is free',
  matters: 'without native XDP packets are balanced at tc, which costs more',
  remedy:
    '--xdp auto takes tc by itself; a driver with native XDP, or on veth a program at the other end and --xdp native',
  needsRoot: false,
  skips: noXdp,
  probe: (context) =>
    xdpFacts(context).map((facts) => ({
      ...facts,
      ...(context.options.tryXdp && context.isRoot && facts.programs.length === 0 && facts.wanted !== 'off'
        ? { tried: tryXdp(facts.device.ifindex, facts.wanted) }
        : {}),
    })),
  judge: (facts) =>
    perDevice(facts, ({ device, driver = 'no driver', xdpFeatures, wanted, tried, programs }) => {
      if (wanted === 'off') return { status: 'ok', found: 'not asked for: --xdp off' };
      const bad = wanted === 'native' ? 'fail' : 'note';
      const instead = wanted === 'native' ? { remedy: '--xdp auto (tc where there is no native XDP)' } : {};
      if (tried?.problem !== undefined)
        return {
          status: wanted === 'generic' ? 'fail' : bad,
          found: `${driver} refuses ${wanted} XDP: ${tried.problem}`,
          ...instead,
        };
      if (tried !== undefined)
        return {
          status: 'ok',
          found: `${driver} takes ${wanted === 'generic' ? 'generic' : 'native'} XDP (tried)`,
        };
      if (programs.some(({ mode }) => mode === 'native'))
        return { status: 'ok', found: `${driver} runs native XDP now` };
      if (wanted === 'generic')
        return {
          status: 'note',
          found: 'generic XDP works on every device, and is slower than tc: for tests',
        };
      if (device.kind === 'veth') {
        return {
          status: wanted === 'native' ? 'warn' : 'note',
          found:
            'veth loses what XDP sends back unless an XDP program (or GRO) is at its other end; --xdp auto uses tc here',
          ...(wanted === 'native'
            ? { remedy: 'attach a program that passes everything at the other end, or --xdp auto' }
            : {}),
        };
      }
      if (xdpFeatures === undefined)
        return {
          status: 'note',
          found: `${driver}: this kernel does not tell (before 6.3); try it with --try-xdp`,
        };
      if (xdpFeatures.has('basic'))
        return { status: 'ok', found: `${driver} has native XDP (${[...xdpFeatures].join(', ')})` };
      return { status: bad, found: `${driver} has no native XDP: packets are balanced at tc`, ...instead };
    }),
});

function tryXdp(ifindex: number, wanted: 'auto' | 'native' | 'generic'): { readonly problem?: string } {
  using object = load(readObject('pass'));
  try {
    const link = object
      .program('lbx_pass')
      .attachXdp({ ifindex, mode: wanted === 'auto' ? 'native' : wanted });
    link[Symbol.dispose]();
    return {};
  } catch (error) {
    return { problem: (error as Error).message.split('\n')[0] ?? '' };
  }
}
