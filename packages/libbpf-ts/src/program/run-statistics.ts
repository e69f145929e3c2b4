import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { Attr, command } from '../sys/bpf.ts';
import { OwnedFd } from '../sys/owned-fd.ts';

/** Keeps the kernel counting runs and run time of all programs until it is closed. */
export class RunStatistics implements Disposable {
  readonly #fd: OwnedFd;

  constructor(fd: number) {
    this.#fd = new OwnedFd(fd, 'run statistics', this);
  }

  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Turns on `runCount` and `runTimeNs` of all programs (Linux 5.8; a few ns per run). Needs CAP_SYS_ADMIN. */
export function enableRunStatistics(): RunStatistics {
  const fd = new Attr().u32(0, 0).run(command.enableStats);
  if (fd >= 0) return new RunStatistics(fd);
  throw new BpfError({
    errno: fd,
    operation: 'enable run statistics',
    object: '',
    hint: permissionHint(fd, ['CAP_SYS_ADMIN']),
  });
}
