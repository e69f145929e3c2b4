import { closeSync } from 'node:fs';
import { logText } from '../object/verifier-log.ts';
import { attachTypes, type ProgramType, programTypes } from '../program-type.ts';
import { Attr, command } from '../sys/bpf.ts';

/** Types that cannot be loaded without an attach type; any will do. */
const attachTypeFor: Partial<Record<ProgramType, number>> = {
  cgroup_sock_addr: attachTypes.cgroup_inet4_connect,
  cgroup_sockopt: attachTypes.cgroup_getsockopt,
  sk_lookup: attachTypes.sk_lookup,
};

/** How verifiers say that a program may not call a helper; the last since Linux 6.10, which libbpf 1.1 does not know. */
const refusal = /invalid func|unknown func|cannot use helper/;

/**
 * Whether programs of a type may call a helper: 1, 0, or a negative errno. Loads a program that does just that; the
 * verifier will not like the missing arguments, but says so in other words.
 */
export function probeHelper(type: ProgramType, helper: number): number {
  const instructions = Buffer.from('85000000000000009500000000000000', 'hex');
  instructions.writeInt32LE(helper, 4);
  const log = Buffer.alloc(4096);
  const result = new Attr()
    .u32(0, programTypes[type])
    .u32(4, 2)
    .pointer(8, instructions)
    .string(16, 'GPL')
    .u32(24, 1)
    .u32(28, log.byteLength)
    .pointer(32, log)
    .u32(68, attachTypeFor[type] ?? 0)
    .run(command.progLoad);
  if (result >= 0) {
    closeSync(result);
    return 1;
  }
  const text = logText(log);
  if (text === '') return result;
  return refusal.test(text) ? 0 : 1;
}
