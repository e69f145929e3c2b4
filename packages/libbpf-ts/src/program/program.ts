import { closeSync } from 'node:fs';
import { BpfError, LibbpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { attachCgroup, type CgroupOptions } from '../link/attach-cgroup.ts';
import { attachIter, type IterOptions } from '../link/attach-iter.ts';
import { attachNetns } from '../link/attach-netns.ts';
import { attachTc, type TcOptions } from '../link/attach-tc.ts';
import { attachXdp, type XdpOptions } from '../link/attach-xdp.ts';
import type { Link } from '../link/link.ts';
import { objectKind, openPinnedFd, pinObject, removePin } from '../pin.ts';
import type { AttachType, ProgramType } from '../program-type.ts';
import { Attr, command } from '../sys/bpf.ts';
import { duplicateFd } from '../sys/duplicate-fd.ts';
import { OwnedFd } from '../sys/owned-fd.ts';
import { type ProgramInfo, readProgramInfo } from './program-info.ts';
import { type TestRunInput, type TestRunResult, testRun } from './test-run.ts';

/** What is known of a program besides its fd. */
export interface ProgramOrigin {
  /** The C function's name; the kernel keeps 15 characters. */
  readonly name?: string;
  /** Set at load; the kernel does not tell it afterwards. */
  readonly expectedAttachType?: AttachType | undefined;
}

/** A loaded BPF program. Holds one fd, closed by {@link BpfProgram.close} or `using`. */
export class BpfProgram implements Disposable {
  readonly name: string;
  readonly id: number;
  readonly type: ProgramType;
  /** Hash over the instructions, 16 hex digits. */
  readonly tag: string;
  readonly expectedAttachType: AttachType | undefined;
  readonly #fd: OwnedFd;
  #pinned: string | undefined;

  private constructor(fd: number, origin: ProgramOrigin, info: ProgramInfo) {
    this.name = origin.name ?? info.name;
    this.id = info.id;
    this.type = info.type;
    this.tag = info.tag;
    this.expectedAttachType = origin.expectedAttachType;
    this.#fd = new OwnedFd(fd, `program ${this.name}`, this);
  }

  /** Makes an object of a fd that is the caller's to give away. */
  static adoptFd(fd: number, origin: ProgramOrigin = {}): BpfProgram {
    try {
      return new BpfProgram(fd, origin, readProgramInfo(fd));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** A program by an fd, which stays the caller's: it is duplicated. */
  static fromFd(fd: number, origin?: ProgramOrigin): BpfProgram {
    const copy = duplicateFd(fd, `program fd ${fd}`);
    const kind = objectKind(copy);
    if (kind === 'prog') return BpfProgram.adoptFd(copy, origin);
    closeSync(copy);
    throw new LibbpfError('LBX_WRONG_KIND', `fd ${fd} is of a ${kind}, not of a program`);
  }

  /** A program by the kernel's id. Needs CAP_SYS_ADMIN. */
  static fromId(id: number, origin?: ProgramOrigin): BpfProgram {
    const fd = new Attr().u32(0, id).run(command.progGetFdById);
    if (fd >= 0) return BpfProgram.adoptFd(fd, origin);
    throw new BpfError({
      errno: fd,
      operation: 'open program',
      object: `id ${id}`,
      hint: permissionHint(fd, ['CAP_SYS_ADMIN']),
    });
  }

  static openPinned(path: string, origin?: ProgramOrigin): BpfProgram {
    const program = BpfProgram.adoptFd(openPinnedFd(path, 'prog'), origin);
    program.#pinned = path;
    return program;
  }

  get fd(): number {
    return this.#fd.value;
  }

  info(): ProgramInfo {
    return readProgramInfo(this.fd);
  }

  /** Runs it on bytes; see {@link TestRunInput}. */
  testRun(input: TestRunInput): TestRunResult {
    return testRun(this.fd, this.name, input);
  }

  /** Attaches it to an interface as XDP program; see {@link attachXdp}. */
  attachXdp(options: XdpOptions): Link {
    return attachXdp(this, options);
  }

  /** Attaches it to an interface's ingress or egress; see {@link attachTc}. */
  attachTc(options: TcOptions): Link {
    return attachTc(this, options);
  }

  /** Attaches it to a cgroup; see {@link attachCgroup}. */
  attachCgroup(options: CgroupOptions): Link {
    return attachCgroup(this, options);
  }

  /** Attaches it to a network namespace (sk_lookup, flow_dissector); see {@link attachNetns}. */
  attachNetns(options: { readonly path: string }): Link {
    return attachNetns(this, options);
  }

  /** Makes an iterator of it, to be read with `readIterator`; see {@link attachIter}. */
  attachIter(options?: IterOptions): Link {
    return attachIter(this, options);
  }

  /** Pins it at a path on a bpffs, whose folder must exist. */
  pin(path: string): void {
    pinObject(this.fd, path, `program ${this.name}`);
    this.#pinned = path;
  }

  /** Removes the pin: the one at `path`, or the one it was opened from or pinned at last. True when there was one. */
  unpin(path: string | undefined = this.#pinned): boolean {
    if (path === undefined) return false;
    if (path === this.#pinned) this.#pinned = undefined;
    return removePin(path);
  }

  close(): void {
    this.#fd.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
