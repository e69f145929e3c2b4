import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { CoreError } from './errors.ts';

/** An address of an interface of this network namespace. */
export interface LocalAddress {
  readonly device: string;
  readonly address: string;
  readonly family: 4 | 6;
  readonly internal: boolean;
}

/** All addresses of the interfaces of this network namespace, without scope suffix, in the kernel's order. */
export function localAddresses(): LocalAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([device, infos]) =>
    (infos ?? []).map((info) => ({
      device,
      address: info.address.replace(/%.*$/, ''),
      family: info.family === 'IPv6' ? (6 as const) : (4 as const),
      internal: info.internal,
    })),
  );
}

const isLinkLocal = (address: string) => /^fe[89ab]/i.test(address) || address.startsWith('169.254.');

/**
 * The addresses on which NodePorts are served when the caller names none: those of the given devices, else of every
 * device that is not a loopback; link-local ones never, because no client outside the link can use them.
 */
export function defaultNodeAddresses(devices: readonly string[]): string[] {
  const wanted = localAddresses().filter(
    ({ device, address, internal }) =>
      (devices.length === 0 ? !internal : devices.includes(device)) && !isLinkLocal(address),
  );
  return [...new Set(wanted.map(({ address }) => address))];
}

/** The source address of packets that the node forwards to remote backends: the first IPv4 address of the first device. */
export function defaultSnatAddress(devices: readonly string[]): string | undefined {
  const [device] = devices;
  return localAddresses().find(
    (local) => local.device === device && local.family === 4 && !isLinkLocal(local.address),
  )?.address;
}

/** @throws CoreError `LBX_BAD_OPTION` for a text that is no IP address. */
export function assertAddress(option: string, address: string): void {
  if (isIPv4(address) || isIPv6(address)) return;
  throw new CoreError('LBX_BAD_OPTION', `${option}: '${address}' is not an IPv4 or IPv6 address`, {
    option,
    value: address,
  });
}
