import { Network } from 'libbpf-ts';

/** Names of the devices of this network namespace by number, asked for when a number is new; close it when done. */
export interface DeviceNames extends Disposable {
  nameOf(ifindex: number): string | undefined;
}

/** How long a number that no device has is taken for unknown. */
const askAgainMs = 1000;

export function openDeviceNames(): DeviceNames {
  const network = new Network();
  let names = new Map<number, string>();
  let askedAt = Number.NEGATIVE_INFINITY;
  return {
    nameOf(ifindex) {
      const now = performance.now();
      if (!names.has(ifindex) && now - askedAt > askAgainMs) {
        names = new Map(network.devices().map((device) => [device.ifindex, device.name]));
        askedAt = now;
      }
      return names.get(ifindex);
    },
    [Symbol.dispose]: () => network.close(),
  };
}
