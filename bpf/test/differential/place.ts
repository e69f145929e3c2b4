import type { Family } from '@lbx/maps';

/** Link addresses. */
export const macs = {
  node: '02:00:00:00:02:01',
  router: '02:00:00:00:02:fe',
  pods: '02:00:00:00:03:01',
  far: '02:00:00:00:03:8c',
  backend: (n: number) => `02:00:00:00:02:${(10 + n).toString(16).padStart(2, '0')}`,
} as const;

/** To the world; to the pods. */
export type Device = 'eth0' | 'pods';

/** VLANs on the devices, by id: the device whose routes count for them. */
export const vlans: Readonly<Record<number, Readonly<Partial<Record<Device, Device>>>>> = {
  5: { eth0: 'eth0', pods: 'pods' },
  6: { eth0: 'pods' },
};

/** Bytes of IP that the ways take: by the device, and where a route says less. */
export const mtus = { device: 1500, client: 1400, firstBackend: 1300, far: 1280 } as const;

/** Where everything is. The node has a device to the world, with clients behind a router, and one to its pods. */
export interface Place {
  readonly node: string;
  readonly nodePrefix: string;
  readonly router: string;
  /** What is behind the router, and the part of it that a route refuses. */
  readonly clientNet: string;
  readonly refusedNet: string;
  readonly podNet: string;
  /** Ten remote backends on the link. */
  readonly backends: readonly string[];
  /** Backends that cannot be reached: no link address, a route that refuses, no route. */
  readonly unreachable: readonly string[];
  /** Behind the pods' device: two that have no link address (yet), and one that has. */
  readonly pods: readonly string[];
  readonly far: string;
  readonly vips: readonly string[];
  /** Behind the router; on the link without a link address; refused; a backend; pods. */
  readonly clients: readonly string[];
  readonly stranger: string;
}

export const places: Readonly<Record<Family, Place>> = {
  4: {
    node: '192.0.2.1',
    nodePrefix: '192.0.2.1/24',
    router: '192.0.2.254',
    clientNet: '203.0.113.0/24',
    refusedNet: '203.0.113.240/28',
    podNet: '198.51.100.128/25',
    backends: Array.from({ length: 10 }, (_, n) => `192.0.2.${10 + n}`),
    unreachable: ['192.0.2.77', '203.0.113.241', '198.51.100.99'],
    pods: ['198.51.100.130', '198.51.100.131'],
    far: '198.51.100.140',
    vips: ['198.51.100.1', '198.51.100.9', '198.51.100.65', '198.51.100.20'],
    clients: [
      '203.0.113.5',
      '203.0.113.5',
      '203.0.113.6',
      '203.0.113.7',
      '192.0.2.50',
      '203.0.113.250',
      '192.0.2.11',
      '198.51.100.131',
      '198.51.100.140',
    ],
    stranger: '198.51.100.77',
  },
  6: {
    node: '2001:db8:2::1',
    nodePrefix: '2001:db8:2::1/64',
    router: '2001:db8:2::fe',
    clientNet: '2001:db8:3::/48',
    refusedNet: '2001:db8:3:f::/64',
    podNet: '2001:db8:4::/64',
    backends: Array.from({ length: 10 }, (_, n) => `2001:db8:2::${10 + n}`),
    unreachable: ['2001:db8:2::77', '2001:db8:3:f::1', '2001:db8:9::1'],
    pods: ['2001:db8:4::130', '2001:db8:4::131'],
    far: '2001:db8:4::140',
    vips: ['2001:db8:1::1', '2001:db8:1::9', '2001:db8:1::65', '2001:db8:1::20'],
    clients: [
      '2001:db8:3::5',
      '2001:db8:3::5',
      '2001:db8:3:1::6',
      '2001:db8:3::7',
      '2001:db8:2::50',
      '2001:db8:3:f::250',
      '2001:db8:2::11',
      '2001:db8:4::131',
      '2001:db8:4::140',
    ],
    stranger: '2001:db8:1::77',
  },
};

export const families: readonly Family[] = [4, 6];

export function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}
