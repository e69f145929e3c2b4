import { BpfError } from '../errors.ts';
import { permissionHint } from '../hint.ts';
import { errnoNumber } from '../sys/errno.ts';
import { libbpf } from '../sys/libbpf.ts';
import type { TcDirection } from './attach-tcx.ts';
import type { NetworkInterface } from './network-interface.ts';

const ENOENT = errnoNumber('ENOENT');
const EEXIST = errnoNumber('EEXIST');
const BPF_TC_F_REPLACE = 1;

/** Where a filter is: a qdisc's side, and its place there. */
export interface TcPlace {
  readonly device: NetworkInterface;
  readonly direction: TcDirection;
  readonly priority: number;
  readonly handle: number;
}

/** `struct bpf_tc_hook`: size 0, ifindex 8, attach_point 12, parent 16. */
function hookOf({ device, direction }: Pick<TcPlace, 'device' | 'direction'>): Buffer {
  const hook = Buffer.alloc(24);
  hook.writeBigUInt64LE(24n, 0);
  hook.writeInt32LE(device.ifindex, 8);
  hook.writeUInt32LE(direction === 'ingress' ? 1 : 2, 12);
  return hook;
}

/** `struct bpf_tc_opts`: size 0, prog_fd 8, flags 12, prog_id 16, handle 20, priority 24. */
function optionsOf(fields: {
  readonly programFd?: number;
  readonly flags?: number;
  readonly handle: number;
  readonly priority: number;
}): Buffer {
  const options = Buffer.alloc(32);
  options.writeBigUInt64LE(32n, 0);
  options.writeInt32LE(fields.programFd ?? 0, 8);
  options.writeUInt32LE(fields.flags ?? 0, 12);
  options.writeUInt32LE(fields.handle, 20);
  options.writeUInt32LE(fields.priority, 24);
  return options;
}

/** Makes the clsact qdisc where it is missing. It is left there afterwards: others may hang their filters on it. */
export function ensureClsact(device: NetworkInterface): void {
  const result = libbpf().bpf_tc_hook_create(hookOf({ device, direction: 'ingress' }));
  if (result >= 0 || result === -EEXIST) return;
  throw tcError(result, 'add clsact qdisc to', device);
}

/**
 * Adds a direct-action filter, or with `replace` puts a program in place of the one there. Handle and priority 0 let the
 * kernel choose; the place it got is given back.
 */
export function addTcFilter(place: TcPlace, programFd: number, replace: boolean): TcPlace {
  const { handle, priority } = place;
  const options = optionsOf({ programFd, flags: replace ? BPF_TC_F_REPLACE : 0, handle, priority });
  const result = libbpf().bpf_tc_attach(hookOf(place), options);
  if (result < 0) throw tcError(result, `add filter to tc ${place.direction} of`, place.device);
  return { ...place, handle: options.readUInt32LE(20), priority: options.readUInt32LE(24) };
}

/** Id of the program at a place; undefined when there is none. */
export function tcFilterProgram(place: TcPlace): number | undefined {
  const options = optionsOf(place);
  const result = libbpf().bpf_tc_query(hookOf(place), options);
  if (result >= 0) return options.readUInt32LE(16);
  // Also when the qdisc or the interface is gone.
  if ([ENOENT, errnoNumber('EINVAL'), errnoNumber('ENODEV')].includes(-result)) return undefined;
  throw tcError(result, `query tc ${place.direction} of`, place.device);
}

export function removeTcFilter(place: TcPlace): void {
  const result = libbpf().bpf_tc_detach(hookOf(place), optionsOf(place));
  if (result < 0 && result !== -ENOENT)
    throw tcError(result, `remove filter from tc ${place.direction} of`, place.device);
}

function tcError(errno: number, operation: string, device: NetworkInterface): BpfError {
  const taken =
    Math.abs(errno) === EEXIST ? 'a filter is at this priority and handle already: choose others' : undefined;
  return new BpfError({
    errno,
    operation,
    object: device.label,
    hint: taken ?? permissionHint(errno, ['CAP_NET_ADMIN']),
  });
}
