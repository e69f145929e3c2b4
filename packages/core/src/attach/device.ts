import { readFileSync } from 'node:fs';
import { findInterface } from 'libbpf-ts';
import { CoreError } from '../errors.ts';

/** Index of a network device of this network namespace. @throws CoreError `LBX_NO_DEVICE` naming those there are. */
export function deviceIndex(device: string): number {
  try {
    return findInterface(device).ifindex;
  } catch (error) {
    const devices = listDevices();
    throw new CoreError(
      'LBX_NO_DEVICE',
      `there is no network device '${device}' in this network namespace; there are: ${devices.join(', ')}`,
      { device, devices },
      { cause: error },
    );
  }
}

/** Names of all devices. /proc/…/net is of this thread's network namespace; /sys/class/net may be of another. */
function listDevices(): string[] {
  return readFileSync('/proc/thread-self/net/dev', 'utf8')
    .split('\n')
    .flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []);
}

/** bpffs takes no dots, which names of VLAN devices have; no device has a colon in its name. */
export const pinName = (device: string): string => device.replaceAll('.', ':');
