import { closeSync } from 'node:fs';
import { createLinkFd } from '../link/create-link.ts';
import { attachTypes, type ProgramType, programTypes } from '../program-type.ts';
import { Attr, command } from '../sys/bpf.ts';
import { errnoNumber } from '../sys/errno.ts';
import { isKernelAtLeast } from '../sys/kernel-version.ts';

/** No interface has this index. */
const noInterface = 0x7ffffffe;

const known = new Map<string, boolean>();

function once(name: string, probe: () => boolean): boolean {
  let answer = known.get(name);
  if (answer === undefined) {
    answer = probe();
    known.set(name, answer);
  }
  return answer;
}

/** tcx links (Linux 6.6). A kernel that has them misses the interface; another does not know the attach type. */
export function hasTcx(): boolean {
  return once('tcx', () => tryLink('sched_cls', attachTypes.tcx_ingress) === -errnoNumber('ENODEV'));
}

/**
 * XDP links (Linux 5.9). By the version: a kernel without them and one that misses the interface both say EINVAL, and
 * trying it on an interface that is there could let a program loose.
 */
export function hasXdpLink(): boolean {
  return hasCgroupLink() && isKernelAtLeast('5.9');
}

/** Any links: cgroup links came first (Linux 5.7). */
export function hasCgroupLink(): boolean {
  return once(
    'cgroup',
    () =>
      createLinkFd({ programFd: 0x7fffffff, target: 0x7fffffff, attachType: 0 }) === -errnoNumber('EBADF'),
  );
}

/** Iterators (Linux 5.8). A kernel that has them looks for the link; another does not know the command. */
export function hasIterators(): boolean {
  return once('iter', () => new Attr().u32(0, 0x7fffffff).run(command.iterCreate) === -errnoNumber('EBADF'));
}

/** Tries a link of a program that does nothing to an interface that is not there. */
function tryLink(type: ProgramType, attachType: number): number {
  const programFd = loadEmptyProgram(type);
  if (programFd < 0) return programFd;
  try {
    return createLinkFd({ programFd, target: noInterface, attachType });
  } finally {
    closeSync(programFd);
  }
}

/** `r0 = 0; exit`. An fd, or a negative errno. */
function loadEmptyProgram(type: ProgramType): number {
  const instructions = Buffer.from('b700000000000000' + '9500000000000000', 'hex');
  return new Attr()
    .u32(0, programTypes[type])
    .u32(4, 2)
    .pointer(8, instructions)
    .string(16, 'GPL')
    .run(command.progLoad);
}
