import { type LibbpfLibrary, libbpfLibrary } from 'libbpf-ts';
import { defineCheck } from '../check.ts';

type Facts = LibbpfLibrary | { readonly problem: string; readonly hint: string };

export const libbpfCheck = defineCheck<Facts>({
  id: 'libbpf',
  group: 'kernel',
  tries: 'loads libbpf.so.1 and asks for its version',
  matters: 'nothing can be loaded or attached without libbpf',
  remedy: 'install the package of your distribution (libbpf1, libbpf), or name the file with LIBBPF_PATH',
  needsRoot: false,
  probe() {
    try {
      return libbpfLibrary();
    } catch (error) {
      const { message, hint } = error as { message: string; hint?: string };
      return { problem: message.split('\n')[0] ?? message, hint: hint ?? 'install libbpf 1.0 or newer' };
    }
  },
  judge(facts) {
    if ('problem' in facts) return [{ status: 'fail', found: facts.problem, remedy: facts.hint }];
    const { version, path } = facts;
    return [{ status: 'ok', found: `libbpf ${version}${path === undefined ? '' : ` (${path})`}` }];
  },
});
