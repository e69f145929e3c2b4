import { expect, test } from 'vitest';
import { logText, verifierCause } from './verifier-log.ts';

test.each<[name: string, log: string, cause: string]>([
  [
    'the reason before the statistics, with its source line',
    '0: R1=ctx() R10=fp0\n; return *(__u8 *)data; @ x.bpf.c:27\n13: (71) r0 = *(u8 *)(r1 +0)\nR1 offset is outside of the packet\nprocessed 13 insns (limit 1000000) max_states_per_insn 0',
    'R1 offset is outside of the packet, at: return *(__u8 *)data; @ x.bpf.c:27',
  ],
  [
    'no source lines',
    'func#0 @0\n0: (85) call unknown#99\ninvalid func unknown#99\nverification time 12 usec\nstack depth 0\nprocessed 1 insns (limit 1000000) max_states_per_insn 0',
    'invalid func unknown#99',
  ],
  ['only a position', '0: (95) exit', '0: (95) exit'],
  ['nothing', '', 'no reason given'],
])('cause: %s', (_name, log, cause) => {
  expect(verifierCause(log)).toBe(cause);
});

test('a log buffer ends at its NUL', () => {
  expect(logText(Buffer.from('why\n\0rest'))).toBe('why');
  expect(logText(Buffer.from('full'))).toBe('full');
});
