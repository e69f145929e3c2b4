import { BpfError } from '../errors.ts';
import { errnoNumber } from '../sys/errno.ts';
import { libc } from '../sys/libc.ts';

/** An interface of this network namespace. */
export interface NetworkInterface {
  readonly ifindex: number;
  /** As it was given, for messages. */
  readonly label: string;
}

/** Finds an interface by name or index. Throws BpfError ENODEV for a name that is not there. */
export function findInterface(interfaceOrIndex: number | string): NetworkInterface {
  if (typeof interfaceOrIndex === 'number')
    return { ifindex: interfaceOrIndex, label: `interface ${interfaceOrIndex}` };
  const ifindex = libc().if_nametoindex(interfaceOrIndex);
  if (ifindex !== 0) return { ifindex, label: interfaceOrIndex };
  throw new BpfError({
    errno: errnoNumber('ENODEV'),
    operation: 'find interface',
    object: interfaceOrIndex,
    detail: 'there is none of that name in this network namespace',
    hint: 'ip link shows those there are',
  });
}
