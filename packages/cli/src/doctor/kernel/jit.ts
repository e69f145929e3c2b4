import { readObject } from '@lbx/bpf';
import { load } from 'libbpf-ts';
import { defineCheck } from '../check.ts';
import type { Verdict } from '../finding.ts';

export interface JitFacts {
  /** net.core.bpf_jit_enable, bpf_jit_harden; undefined when they cannot be read. */
  readonly enable?: number;
  readonly harden?: number;
  /** Bytes of machine code of a program that was loaded. */
  readonly jitedBytes: number;
}

export const jitCheck = defineCheck<JitFacts>({
  id: 'jit',
  group: 'kernel',
  tries:
    'loads a program and looks whether it became machine code; reads net.core.bpf_jit_enable and bpf_jit_harden',
  matters: 'interpreted programs cost several times as much for each packet',
  remedy: 'sysctl -w net.core.bpf_jit_enable=1',
  needsRoot: true,
  probe({ read }) {
    using object = load(readObject('probe'));
    const number = (name: string) => {
      const text = read(`/proc/sys/net/core/${name}`);
      return text === undefined ? undefined : Number(text);
    };
    const [enable, harden] = [number('bpf_jit_enable'), number('bpf_jit_harden')];
    return {
      jitedBytes: object.program('lbx_probe_jiffies').info().jitedBytes,
      ...(enable === undefined ? {} : { enable }),
      ...(harden === undefined ? {} : { harden }),
    };
  },
  judge({ enable, harden = 0, jitedBytes }) {
    const verdicts: Verdict[] = [];
    if (jitedBytes === 0) {
      verdicts.push({
        status: 'warn',
        found: `programs are interpreted (bpf_jit_enable is ${enable ?? 'unknown'})`,
        remedy: 'sysctl -w net.core.bpf_jit_enable=1',
      });
    }
    if (harden === 2) {
      verdicts.push({
        status: 'note',
        about: 'hardening',
        found:
          'bpf_jit_harden is 2: constants of root’s programs are blinded too, which costs some of their speed',
        remedy: 'sysctl -w net.core.bpf_jit_harden=1 blinds those of unprivileged users only',
      });
    }
    return verdicts.length > 0 ? verdicts : [{ status: 'ok', found: 'programs become machine code' }];
  },
});
