import { statSync } from 'node:fs';
import type { AttachPlan } from './attachment.ts';

/** Programs of sock.bpf.c: a name `lbx_connect4` makes the pin `cgroup_connect4`. */
const prefix = 'lbx_';

/** One link per socket hook. Links go by the programs' own attach types; other programs on the cgroup keep running. */
export function cgroupPlans(programs: readonly string[], path: string): AttachPlan[] {
  // The kernel numbers cgroups by the inode of their folder.
  const id = statSync(path, { bigint: true }).ino;
  return programs.map((program) => ({
    name: `cgroup_${program.slice(prefix.length)}`,
    hook: 'cgroup',
    target: `${id}`,
    program,
    attach: (loaded) => loaded.attachCgroup({ path }),
    isHere: (link) => BigInt(link.info().cgroupId ?? 0) === id,
    via: () => 'link',
  }));
}
