import { DEFAULT_SEED_TEXT, flowCatalog, parseSeed, snatPrime } from '@lbx/maps';
import { type BpfMap, netnsCookie } from 'libbpf-ts';
import type { ResolvedOptions } from '../options.ts';

/** Values for the `const volatile` settings of the objects, by C name. */
export type Variables = Readonly<Record<string, number | bigint | boolean | Uint8Array>>;

/** All settings that core knows; each object is given those that it has. */
export function variablesOf(
  options: ResolvedOptions,
  hz: number,
  maps: ReadonlyMap<string, BpfMap>,
): Variables {
  // A pinned gate keeps its size, whatever the options say now.
  const gateWords =
    maps.get('lbx_gate')?.maxEntries ?? options.maxEntries.lbx_gate ?? flowCatalog.lbx_gate.maxEntries;
  const seed = parseSeed(options.maglevSeed ?? DEFAULT_SEED_TEXT);
  return {
    lbx_hz: hz,
    lbx_nodeport_min: options.nodePortRange[0],
    lbx_nodeport_max: options.nodePortRange[1],
    lbx_snat_addr4: addressBytes(options.snatAddress ?? '0.0.0.0'),
    lbx_snat_min: options.snatPorts[0],
    lbx_snat_max: options.snatPorts[1],
    lbx_snat_prime: snatPrime(options.snatPorts[1] - options.snatPorts[0] + 1),
    lbx_algorithm: options.algorithm === 'maglev' ? 2 : 1,
    lbx_maglev_size: options.maglevSize,
    lbx_maglev_seed4: seed.jhash4,
    lbx_maglev_seed6: seed.jhash6,
    lbx_gate_on: 1,
    lbx_gate_mask: 64 * gateWords - 1,
    lbx_wildcards_on: options.wildcards ? 1 : 0,
    lbx_derived_on: 1,
    lbx_host_netns_cookie: ownNetnsCookie(),
  };
}

/** Tells a pod's loopback from the node's. 0, every namespace is the node's, on kernels before 5.14. */
function ownNetnsCookie(): bigint {
  try {
    return netnsCookie();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOPROTOOPT') return 0n;
    throw error;
  }
}

/** An IPv4 address as it stands in a packet. */
function addressBytes(address: string): Uint8Array {
  return Uint8Array.from(address.split('.'), Number);
}
