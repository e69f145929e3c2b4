import { isIPv4, isIPv6 } from 'node:net';
import { CoreError } from '../errors.ts';
import { type LocalAddress, localAddresses } from './node-network.ts';

export type Family = 4 | 6;

const isLinkLocal = (address: string) => /^fe[89ab]/i.test(address) || address.startsWith('169.254.');

/**
 * The addresses on which NodePorts are served when the caller names none: those of the given devices, else all but
 * 127.0.0.0/8 and ::1; link-local ones never, because no client outside the link can use them.
 */
export function defaultNodeAddresses(
  devices: readonly string[],
  addresses: readonly LocalAddress[] = localAddresses(),
): string[] {
  const wanted = addresses.filter(
    ({ device, address, internal }) =>
      (devices.length === 0 ? !internal : devices.includes(device)) && !isLinkLocal(address),
  );
  return [...new Set(wanted.map(({ address }) => address))];
}

/**
 * The source address of packets that the node forwards to remote backends: the first one of the family that was given to
 * a device and that other nodes can answer, on the first of the devices that has one.
 */
export function defaultSnatAddress(
  devices: readonly string[],
  family: Family,
  addresses: readonly LocalAddress[] = localAddresses(),
): string | undefined {
  for (const name of devices) {
    const usable = addresses.filter(
      ({ device, address, ...local }) =>
        device === name && local.family === family && !local.unsettled && !isLinkLocal(address),
    );
    // The kernel puts new IPv6 addresses to the front; the oldest one stays the choice when others come.
    const found = family === 4 ? usable[0] : usable.at(-1);
    if (found !== undefined) return found.address;
  }
  return undefined;
}

/** @throws CoreError `LBX_BAD_OPTION` for a text that is no IP address (of that family). */
export function assertAddress(option: string, address: string, family?: Family): void {
  if (family === undefined ? isIPv4(address) || isIPv6(address) : isFamily(address, family)) return;
  const wanted = family === undefined ? 'IPv4 or IPv6' : `IPv${family}`;
  throw new CoreError('LBX_BAD_OPTION', `${option}: '${address}' is not an ${wanted} address`, {
    option,
    value: address,
  });
}

const isFamily = (address: string, family: Family) => (family === 4 ? isIPv4(address) : isIPv6(address));
