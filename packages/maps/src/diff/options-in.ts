import { IpProto, Scope, ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import type { Lb4Key } from '../layouts/service.ts';
import { isUnspecified } from '../model/address.ts';
import type { Snapshot } from '../plan/snapshot.ts';
import type { ProjectOptions } from '../project/options.ts';
import { isMaster, isWildcard, type MasterValue } from '../project/service-entry.ts';

/**
 * With which options somebody wrote a state, as far as its entries show it: compare what is wanted with these, and
 * only differences of services are left. Options that nothing shows are absent.
 */
export function optionsIn({ entries }: Snapshot): ProjectOptions {
  const nodeAddresses = new Set<string>();
  const tables = new Set<number>();
  let maglevSize: number | undefined;
  for (const { key, value } of entries.values()) {
    if (!(value instanceof Uint32Array)) continue;
    tables.add((key as { revNatId: number }).revNatId);
    maglevSize = value.length;
  }
  const seen = { service: false, wildcard: false, nodePort: false, clusterIP: false };
  let maglev = false;
  let externalClusterIP = false;
  const dsr = { tcp: [] as boolean[], others: [] as boolean[] };
  for (const entry of entries.values()) {
    if (!isMaster(entry)) continue;
    if (isWildcard(entry)) {
      seen.wildcard = true;
      continue;
    }
    const { address, proto, scope } = entry.key as Lb4Key;
    const value = entry.value as MasterValue;
    const isType = (flag: number) => (value.flags & flag) !== 0;
    seen.service = true;
    if (isType(ServiceFlag.NodePort) && !isUnspecified(address)) nodeAddresses.add(address);
    seen.nodePort ||= isType(ServiceFlag.NodePort);
    const anyType =
      ServiceFlag.NodePort | ServiceFlag.LoadBalancer | ServiceFlag.externalIP | ServiceFlag.hostPort;
    if (!isType(anyType) && (value.flags2 & ServiceFlag2.localRedirect) === 0) {
      seen.clusterIP = true;
      externalClusterIP ||= isType(ServiceFlag.routable);
    }
    const own = 'affinityTimeout' in value ? value.affinityTimeout.algorithm : 0;
    if (own === 0 && tables.has(value.revNatIndex)) maglev = true;
    if (scope === Scope.external)
      (proto === IpProto.TCP ? dsr.tcp : dsr.others).push((value.flags2 & ServiceFlag2.dsr) !== 0);
  }
  const [tcp, others] = [dsr.tcp.some(Boolean), dsr.others.some(Boolean)];
  if (!seen.service) return {};
  return {
    algorithm: maglev ? 'maglev' : 'random',
    wildcards: seen.wildcard,
    forwarding: others ? 'dsr' : tcp ? (dsr.others.length > 0 ? 'hybrid' : 'dsr') : 'snat',
    ...(seen.clusterIP ? { externalClusterIP } : {}),
    ...(seen.nodePort ? { nodeAddresses: [...nodeAddresses] } : {}),
    ...(maglevSize === undefined ? {} : { maglevSize }),
  };
}
