import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from './address.ts';
import { checkPort } from './check-port.ts';
import type { Ipv6Extension } from './ipv6.ts';

/** The service that a packet was sent to, as direct server return tells the backend's node. */
export interface DsrService {
  readonly address: string;
  readonly port: number;
}

// Copied into fragments, class 0, number 26; experimental.
const IPV4_OPTION = 0x9a;
// Skipped by those who do not know it, not changed on the way; an experimental number.
const IPV6_OPTION = 0x1b;

/** The IPv4 option of direct server return: `ipv4({ …, options: dsrOption4({ address, port }) })`. 8 bytes, least significant first. */
export function dsrOption4({ address, port }: DsrService): Uint8Array {
  const [low, high] = [checkPort(port) & 0xff, port >> 8];
  return Uint8Array.of(IPV4_OPTION, 8, low, high, ...parseIpv4(address).reverse());
}

/** The IPv6 destination option of direct server return: `ipv6({ …, extensions: [dsrOption6({ address, port })] })`. */
export function dsrOption6({ address, port }: DsrService): Ipv6Extension {
  const data = new Uint8Array(22);
  data.set([IPV6_OPTION, 20, ...parseIpv6(address), checkPort(port) >> 8, port & 0xff]);
  return { kind: 'destination', data };
}

/** The service in the options of an IPv4 header; undefined where there is no such option. */
export function readDsrOption4(options: Uint8Array): DsrService | undefined {
  for (let at = 0; at < options.length; at += options[at] === 1 ? 1 : Math.max(options[at + 1] ?? 0, 2)) {
    if (options[at] === 0) return undefined;
    if (options[at] !== IPV4_OPTION || options[at + 1] !== 8 || at + 8 > options.length) continue;
    const value = options.slice(at + 2, at + 8).reverse();
    return { address: formatIpv4(value.subarray(0, 4)), port: (value[4]! << 8) | value[5]! };
  }
  return undefined;
}

/** The service in the destination options of an IPv6 packet; undefined where there is none. */
export function readDsrOption6(extensions: readonly Ipv6Extension[]): DsrService | undefined {
  for (const extension of extensions) {
    if (extension.kind !== 'destination') continue;
    const { data } = extension;
    for (let at = 0; at < data.length; at += data[at] === 0 ? 1 : 2 + (data[at + 1] ?? 0)) {
      if (data[at] !== IPV6_OPTION || data[at + 1] !== 20 || at + 22 > data.length) continue;
      const port = (data[at + 18]! << 8) | data[at + 19]!;
      return { address: formatIpv6(data.slice(at + 2, at + 18)), port };
    }
  }
  return undefined;
}
