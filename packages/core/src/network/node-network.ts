import { closeSync, openSync, statSync } from 'node:fs';
import { inNetns, Network, type NetworkDevice } from 'libbpf-ts';

/** An address of a device of this node. */
export interface LocalAddress {
  readonly device: string;
  readonly address: string;
  readonly family: 4 | 6;
  /** 127.0.0.0/8 or ::1: each network namespace has its own. Other addresses of the loopback device are not. */
  readonly internal: boolean;
  /** Not to be used as a source: still being tested, too old, or short-lived for privacy. */
  readonly unsettled: boolean;
}

/** The network namespace that a load balancer belongs to: the one that the thread is in when this is opened. */
export interface NodeNetwork extends Disposable {
  devices(): NetworkDevice[];
  /** All addresses of all devices; those of one device in its own order. */
  addresses(): LocalAddress[];
  /** Runs something synchronous with the thread in this namespace: timers find it in the one of the process. */
  inside<T>(act: () => T): T;
  /** Has anything changed since this was asked last? */
  hasChanged(): boolean;
  /** Calls `use` inside, soon after devices or addresses changed. Keeps no process alive. */
  watch(use: () => void): void;
  close(): void;
}

const ownNamespace = '/proc/thread-self/ns/net';

export function openNodeNetwork(): NodeNetwork {
  const network = new Network();
  const fd = openSync(ownNamespace, 'r');
  const { ino } = statSync(ownNamespace);
  const inside = <T>(act: () => T): T =>
    statSync(ownNamespace).ino === ino ? act() : inNetns(`/proc/self/fd/${fd}`, act);
  let open = true;
  const close = () => {
    if (!open) return;
    open = false;
    network.close();
    closeSync(fd);
  };
  return {
    devices: () => network.devices(),
    addresses: () => addressesOf(network),
    inside,
    hasChanged: () => network.hasChanged(),
    watch: (use) => network.watch(() => inside(use)),
    close,
    [Symbol.dispose]: close,
  };
}

/** All addresses of this network namespace, both families. */
export function localAddresses(): LocalAddress[] {
  using network = new Network();
  return addressesOf(network);
}

function addressesOf(network: Network): LocalAddress[] {
  const devices = new Map(network.devices().map((device) => [device.ifindex, device]));
  return network.addresses().flatMap(({ ifindex, address, family, isUnsettled }) => {
    const device = devices.get(ifindex);
    // A device that came or went between the two questions: its news will follow.
    if (device === undefined) return [];
    return [{ device: device.name, address, family, internal: isLoopback(address), unsettled: isUnsettled }];
  });
}

const isLoopback = (address: string) => address === '::1' || address.startsWith('127.');
