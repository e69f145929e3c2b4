import {
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  isInPrefix,
  loopback,
  readIpAddress,
  readIpPrefix,
} from '../objects/ip-address.ts';

/** Where NodePorts of a family are served. */
export interface NodePortAddresses {
  /** Every address of the node serves them; `addresses` are those known. */
  readonly matchAll: boolean;
  /** The node's addresses that serve NodePorts, in the order given. 127.0.0.1 may be one, ::1 never is. */
  readonly addresses: readonly string[];
}

/**
 * kube-proxy's --nodeport-addresses: prefixes, or "primary" for the first address of each family. No prefix of a family
 * means all its addresses, even if the other family has some; so does a prefix of length 0, and "primary" on a node
 * without an address of the family.
 *
 * @param nodeIPs addresses of the node's interfaces; the first of a family is its primary one.
 */
export function nodePortAddresses(
  family: IpFamily,
  nodeIPs: readonly string[],
  selection: readonly string[] = [],
): NodePortAddresses {
  const own = addressesOf(nodeIPs, family);
  const prefixes: IpPrefix[] = [];
  for (const text of selection) {
    const host = own[0] === undefined ? '' : `${own[0].text}/${family === 'IPv4' ? 32 : 128}`;
    const prefix = readIpPrefix(text === 'primary' ? host : text);
    if (prefix?.family === family) prefixes.push(prefix);
  }
  const matchAll = prefixes.length === 0 || prefixes.some((prefix) => prefix.length === 0);
  const candidates =
    family === 'IPv4' && !own.some((a) => a.text === '127.0.0.1') ? [...own, loopback(family)] : own;
  return {
    matchAll,
    addresses: candidates
      .filter(
        (address) =>
          address.text !== '::1' && (matchAll || prefixes.some((prefix) => isInPrefix(prefix, address))),
      )
      .map((address) => address.text),
  };
}

/** The node's own address of a family: the first one, or its loopback address if it has none. */
export function primaryAddress(family: IpFamily, nodeIPs: readonly string[]): string {
  return (addressesOf(nodeIPs, family)[0] ?? loopback(family)).text;
}

/** Each once: two interfaces may have one address. */
function addressesOf(texts: readonly string[], family: IpFamily): IpAddress[] {
  const addresses = new Map<string, IpAddress>();
  for (const text of texts) {
    const address = readIpAddress(text);
    if (address?.family === family && !addresses.has(address.text)) addresses.set(address.text, address);
  }
  return [...addresses.values()];
}
