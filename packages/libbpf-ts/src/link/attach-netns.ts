import { closeSync } from 'node:fs';
import { BpfError, LibbpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { type AttachType, attachTypes } from '../program-type.ts';
import { openFolder } from './attach-cgroup.ts';
import { createLinkFd } from './create-link.ts';
import { KernelLink, type Link, type LinkedProgram } from './link.ts';

/** Attaches an sk_lookup or flow_dissector program to a network namespace, by the path of its file. */
export function attachNetns(
  program: LinkedProgram & { readonly expectedAttachType: AttachType | undefined },
  options: { readonly path: string },
): Link {
  const type = program.expectedAttachType;
  if (type === undefined)
    throw new LibbpfError('LBX_UNKNOWN_TYPE', `the attach type of program ${program.name} is not known`);
  const operation = `attach program ${program.name} to ${type} of network namespace`;
  const namespace = openFolder(options.path, operation);
  try {
    const fd = createLinkFd({ programFd: program.fd, target: namespace, attachType: attachTypes[type] });
    if (fd >= 0) return new KernelLink(fd, `${type} of network namespace ${options.path}`);
    throw new BpfError({
      errno: fd,
      operation,
      object: options.path,
      hint: permissionHint(fd, ['CAP_BPF', 'CAP_NET_ADMIN']),
    });
  } finally {
    closeSync(namespace);
  }
}
