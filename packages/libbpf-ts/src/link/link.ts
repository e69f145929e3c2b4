import { BpfError, NotSupportedError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { openPinnedFd, pinObject, removePin } from '../pin.ts';
import { Attr, command } from '../sys/bpf.ts';
import { errnoNumber } from '../sys/errno.ts';
import { OwnedFd } from '../sys/owned-fd.ts';
import { type LinkInfo, type LinkKind, readLinkInfo } from './link-info.ts';

const BPF_F_REPLACE = 1 << 2;

/** A program as far as links need it. */
export interface LinkedProgram {
  readonly fd: number;
  readonly name: string;
}

/**
 * A program on a hook. While a kernel link is open or pinned, the program stays attached; when the last fd and pin are
 * gone, the kernel detaches it. So `close()` of a link that is not pinned detaches.
 */
export abstract class Link implements Disposable {
  abstract readonly kind: LinkKind;
  /** What it is attached to, for messages: "XDP of eth0". */
  abstract readonly target: string;
  /** Fd of a kernel link; `tc-netlink` has none. */
  abstract readonly fd: number | undefined;

  /** Puts another program in place of the present one, in one step. With `from`, only if that one is there: EPERM. */
  abstract update(program: LinkedProgram, options?: { readonly from?: LinkedProgram }): void;
  /** Pins it at a path on a bpffs, whose folder must exist: it stays attached when this process ends. */
  abstract pin(path: string): void;
  /** Removes the pin (the one at `path`, or the last known). True when there was one. */
  abstract unpin(path?: string): boolean;
  /** Takes the program off now, whoever else holds the link. */
  abstract detach(): void;
  abstract info(): LinkInfo;
  abstract close(): void;

  [Symbol.dispose](): void {
    this.close();
  }

  /** Opens a pinned link. */
  static openPinned(path: string): Link {
    return new KernelLink(openPinnedFd(path, 'link'), `pinned at ${path}`, path);
  }

  /** A link by the kernel's id. Needs CAP_SYS_ADMIN. */
  static fromId(id: number): Link {
    const fd = new Attr().u32(0, id).run(command.linkGetFdById);
    if (fd >= 0) return new KernelLink(fd, `id ${id}`);
    const hint = permissionHint(fd, ['CAP_SYS_ADMIN']);
    throw new BpfError({ errno: fd, operation: 'open link', object: `id ${id}`, hint });
  }
}

/** A `bpf_link`. */
export class KernelLink extends Link {
  readonly kind: LinkKind;
  readonly target: string;
  readonly #fd: OwnedFd;
  #pinned: string | undefined;

  /** Takes the fd over; closes it when it is of no link. */
  constructor(fd: number, target: string, pinned?: string) {
    super();
    this.target = target;
    this.#fd = new OwnedFd(fd, `link (${target})`, this);
    this.#pinned = pinned;
    try {
      this.kind = readLinkInfo(fd).kind;
    } catch (error) {
      this.#fd.close();
      throw error;
    }
  }

  get fd(): number {
    return this.#fd.value;
  }

  update(program: LinkedProgram, options: { readonly from?: LinkedProgram } = {}): void {
    const attr = new Attr().u32(0, this.fd).u32(4, program.fd);
    if (options.from !== undefined) attr.u32(8, BPF_F_REPLACE).u32(12, options.from.fd);
    const result = attr.run(command.linkUpdate);
    if (result < 0) throw this.#error(result, `put program ${program.name} on`, updateHint(result));
  }

  pin(path: string): void {
    pinObject(this.fd, path, `link (${this.target})`);
    this.#pinned = path;
  }

  unpin(path: string | undefined = this.#pinned): boolean {
    if (path === undefined) return false;
    if (path === this.#pinned) this.#pinned = undefined;
    return removePin(path);
  }

  detach(): void {
    const result = new Attr().u32(0, this.fd).run(command.linkDetach);
    if (result >= 0) return;
    if (result === -errnoNumber('EOPNOTSUPP')) {
      throw new NotSupportedError({
        errno: result,
        operation: 'detach',
        object: `link (${this.target})`,
        feature: 'detaching of this kind of link',
        hint: 'close it, and remove its pin',
      });
    }
    throw this.#error(result, 'detach');
  }

  info(): LinkInfo {
    return readLinkInfo(this.fd);
  }

  close(): void {
    this.#fd.close();
  }

  #error(
    errno: number,
    operation: string,
    hint = permissionHint(errno, ['CAP_BPF', 'CAP_NET_ADMIN']),
  ): BpfError {
    return new BpfError({ errno, operation, object: `link (${this.target})`, hint });
  }
}

function updateHint(errno: number): string | undefined {
  switch (Math.abs(errno)) {
    case errnoNumber('ENOLINK'):
      return 'the link is defunct: its interface or cgroup is gone, or it was detached; attach anew';
    case errnoNumber('EINVAL'):
      return 'the new program must have the type and attach type of the old one';
    case errnoNumber('EPERM'):
      return permissionHint(errno, ['CAP_BPF', 'CAP_NET_ADMIN']) ?? 'another program than "from" is there';
    default:
      return undefined;
  }
}
