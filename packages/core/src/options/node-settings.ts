import { existsSync, readFileSync } from 'node:fs';
import type { NetworkDevice } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import {
  assertAddress,
  defaultNodeAddresses,
  defaultSnatAddress,
  type Family,
} from '../network/node-addresses.ts';
import type { LocalAddress } from '../network/node-network.ts';
import { wholeNumber } from './check-option.ts';
import type { LoadBalancerOptions } from './options.ts';

/** What follows from the node's network where the options do not say it, and changes with it. */
export interface NodeSettings {
  readonly nodeAddresses: readonly string[];
  /** Families whose packets are served. */
  readonly families: readonly Family[];
  readonly snatAddress: string | undefined;
  readonly snatAddress6: string | undefined;
  readonly mtu: number;
}

/** The network of a node at one moment. */
export interface NetworkState {
  readonly devices: readonly NetworkDevice[];
  readonly addresses: readonly LocalAddress[];
}

/** Ethernet's, where no device says another. */
const usualMtu = 1500;

/**
 * @param before - the settings that are in force: what is still right in them stays, so that flows go on.
 * @throws CoreError `LBX_BAD_OPTION`, `LBX_NO_NODE_ADDRESS`.
 */
export function nodeSettings(
  options: LoadBalancerOptions,
  network: NetworkState,
  before?: NodeSettings,
): NodeSettings {
  const devices = [...new Set(options.devices ?? [])];
  const nodeAddresses = options.nodeAddresses ?? defaultNodeAddresses(devices, network.addresses);
  for (const address of nodeAddresses) assertAddress('nodeAddresses', address);
  const snat = (family: Family, given: string | undefined, inForce: string | undefined) => {
    if (given !== undefined) return given;
    const isOwn = (address: string) =>
      network.addresses.some((own) => own.address === address && devices.includes(own.device));
    if (inForce !== undefined && isOwn(inForce)) return inForce;
    // An address that went is kept until there is another one: it may come back, and none would be no better.
    return defaultSnatAddress(devices, family, network.addresses) ?? inForce;
  };
  if (options.snatAddress !== undefined) assertAddress('snatAddress', options.snatAddress, 4);
  if (options.snatAddress6 !== undefined) assertAddress('snatAddress6', options.snatAddress6, 6);
  const snatAddress = snat(4, options.snatAddress, before?.snatAddress);
  const snatAddress6 = snat(6, options.snatAddress6, before?.snatAddress6);
  return {
    nodeAddresses: [...nodeAddresses],
    families: packetFamilies(options, { 4: snatAddress, 6: snatAddress6 }),
    snatAddress,
    snatAddress6,
    mtu:
      options.mtu === undefined
        ? smallestMtu(devices, network, before?.mtu ?? usualMtu)
        : wholeNumber('mtu', options.mtu, 1280, 65535),
  };
}

/** Those asked for, else those that the devices have an address of; pods may have IPv6 where the node has none. */
function packetFamilies(
  options: LoadBalancerOptions,
  addresses: Readonly<Record<Family, string | undefined>>,
): Family[] {
  const { families, devices = [], podDevices = [] } = options;
  if (families?.includes(6) && !hasIpv6()) {
    throw new CoreError(
      'LBX_BAD_OPTION',
      'families: IPv6 is asked for, but this kernel has none in this network namespace (/proc/sys/net/ipv6 is missing)',
      { option: 'families', value: families },
    );
  }
  if (families !== undefined) return ([4, 6] as const).filter((family) => families.includes(family));
  const usable = ([4, 6] as const).filter(
    (family) => addresses[family] !== undefined || (podDevices.length > 0 && (family === 4 || hasIpv6())),
  );
  if (usable.length === 0 && devices.length > 0) {
    throw new CoreError(
      'LBX_NO_NODE_ADDRESS',
      `device ${devices[0]} has no address to send from, or is not up; give it one, or name one with snatAddress or snatAddress6`,
      { device: devices[0] },
    );
  }
  return usable;
}

/** Is there IPv6, and is it not switched off everywhere? */
function hasIpv6(folder = '/proc/sys/net/ipv6/conf/all/disable_ipv6'): boolean {
  return existsSync(folder) && readFileSync(folder, 'utf8').trim() === '0';
}

/** While there is no device, what was in force stays: the device may come back. */
function smallestMtu(devices: readonly string[], network: NetworkState, inForce: number): number {
  const mtus = network.devices.filter(({ name }) => devices.includes(name)).map(({ mtu }) => mtu);
  return mtus.length === 0 ? inForce : Math.min(...mtus, 65535);
}

/** Do programs that were loaded for one have to be loaded anew for the other? */
export function needsReload(a: NodeSettings, b: NodeSettings): boolean {
  return (
    a.snatAddress !== b.snatAddress ||
    a.snatAddress6 !== b.snatAddress6 ||
    a.mtu !== b.mtu ||
    a.families.join() !== b.families.join()
  );
}
