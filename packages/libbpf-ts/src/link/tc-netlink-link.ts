import { BpfError, LibbpfError, NotSupportedError } from '../errors.ts';
import { readProgramInfo } from '../program/program-info.ts';
import { errnoNumber } from '../sys/errno.ts';
import type { TcDirection } from './attach-tcx.ts';
import { Link, type LinkedProgram } from './link.ts';
import type { LinkInfo } from './link-info.ts';
import { findInterface } from './network-interface.ts';
import { addTcFilter, ensureClsact, removeTcFilter, type TcPlace, tcFilterProgram } from './tc-filter.ts';

/**
 * A filter on the clsact qdisc, for kernels without tcx (before 6.6). The kernel keeps it without anybody holding it, so
 * it has neither fd nor pin: {@link TcNetlinkLink.keep} leaves it behind, {@link TcNetlinkLink.open} finds it again.
 * It removes and replaces its filter only while its own program is there.
 */
export class TcNetlinkLink extends Link {
  readonly kind = 'tc-netlink';
  readonly fd = undefined;
  readonly target: string;
  readonly place: TcPlace;
  #programId: number;
  #kept: boolean;
  #closed = false;

  private constructor(place: TcPlace, programId: number, kept: boolean) {
    super();
    this.place = place;
    this.target = `tc ${place.direction} of ${place.device.label}, priority ${place.priority}, handle ${place.handle}`;
    this.#programId = programId;
    this.#kept = kept;
  }

  /** Adds a filter. `place.priority` and `place.handle` 0 let the kernel choose. */
  static attach(program: LinkedProgram, place: TcPlace): TcNetlinkLink {
    ensureClsact(place.device);
    return new TcNetlinkLink(addTcFilter(place, program.fd, false), readProgramInfo(program.fd).id, false);
  }

  /** Finds a filter that is there already, by its place. ENOENT when there is none. Closing does not remove it. */
  static open(at: {
    ifindex: number | string;
    direction: TcDirection;
    priority: number;
    handle: number;
  }): TcNetlinkLink {
    const place = { ...at, device: findInterface(at.ifindex) };
    const programId = tcFilterProgram(place);
    if (programId !== undefined) return new TcNetlinkLink(place, programId, true);
    const object = `tc ${at.direction} of ${place.device.label}, priority ${at.priority}, handle ${at.handle}`;
    throw new BpfError({ errno: errnoNumber('ENOENT'), operation: 'find filter in', object });
  }

  update(program: LinkedProgram, options: { readonly from?: LinkedProgram } = {}): void {
    this.#assertOurs();
    if (options.from !== undefined && readProgramInfo(options.from.fd).id !== this.#programId) {
      throw new BpfError({
        errno: errnoNumber('EPERM'),
        operation: 'replace filter in',
        object: this.target,
        hint: 'another program than "from" is there',
      });
    }
    addTcFilter(this.place, program.fd, true);
    this.#programId = readProgramInfo(program.fd).id;
  }

  /** The filter stays when this is closed. */
  keep(): void {
    this.#kept = true;
  }

  pin(_path: string): void {
    throw new NotSupportedError({
      errno: errnoNumber('EOPNOTSUPP'),
      operation: 'pin',
      object: this.target,
      feature: 'pins for tc filters',
      hint: 'the kernel keeps filters by itself: call keep(), and find it again with TcNetlinkLink.open()',
    });
  }

  unpin(_path?: string): boolean {
    return false;
  }

  detach(): void {
    if (tcFilterProgram(this.place) === this.#programId) removeTcFilter(this.place);
    this.#kept = true;
  }

  info(): LinkInfo {
    const programId = tcFilterProgram(this.place);
    const attached = programId !== undefined;
    return {
      kind: this.kind,
      id: 0,
      programId: programId ?? 0,
      attached,
      ifindex: this.place.device.ifindex,
    };
  }

  /** Removes the filter, unless it is kept. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#kept) this.detach();
  }

  #assertOurs(): void {
    if (this.#closed) throw new LibbpfError('LBX_CLOSED', `link (${this.target}) is closed`);
    const programId = tcFilterProgram(this.place);
    if (programId === this.#programId) return;
    throw new BpfError({
      errno: errnoNumber('EBUSY'),
      operation: 'replace filter in',
      object: this.target,
      detail:
        programId === undefined ? 'it was removed' : `program ${programId} of someone else is there now`,
    });
  }
}
