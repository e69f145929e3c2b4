import { DEFAULT_SEED_TEXT, flowCatalog, ipv6, parseSeed, snatPrime } from '@lbx/maps';
import { type BpfMap, features, netnsCookie } from 'libbpf-ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import { flowVariables } from './flow-tables.ts';

/** Values for the `const volatile` settings of the objects, by C name. */
export type Variables = Readonly<Record<string, number | bigint | boolean | Uint8Array>>;

/** All settings that core knows; each object is given those that it has. */
export function variablesOf(
  options: ResolvedOptions,
  hz: number,
  maps: ReadonlyMap<string, BpfMap>,
): Variables {
  // Some objects are loaded before the gate is made, with the size that it will have.
  const gateWords =
    maps.get('lbx_gate')?.maxEntries ?? options.maxEntries.lbx_gate ?? flowCatalog.lbx_gate.maxEntries;
  const { timeouts } = options;
  const redirect = redirectCode(options);
  const seed = parseSeed(options.maglevSeed ?? DEFAULT_SEED_TEXT);
  return {
    lbx_hz: hz,
    ...flowVariables(options, maps),
    lbx_nodeport_min: options.nodePortRange[0],
    lbx_nodeport_max: options.nodePortRange[1],
    lbx_snat_addr4: addressBytes(options.snatAddress ?? '0.0.0.0'),
    lbx_snat_addr6: addressBytes(options.snatAddress6 ?? '::'),
    lbx_hairpin_addr4: addressBytes(options.hairpinAddress ?? options.snatAddress ?? '0.0.0.0'),
    lbx_hairpin_addr6: addressBytes(options.hairpinAddress6 ?? options.snatAddress6 ?? '::'),
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
    lbx_dsr_by: options.dsrDispatch === 'ipip' ? 1 : 0,
    lbx_mtu: options.mtu,
    lbx_redirect: redirect,
    // lbx_tc_ingress is on every device that lbx_xdp is on; whom it delivers to: derived/pod-devices.ts.
    lbx_tc_behind: redirect === redirectCodes.peer && options.redirect === 'peer' ? 2 : 1,
    lbx_reject_on: options.rejectWithoutEndpoints ? 1 : 0,
    lbx_echo_on: options.answerEcho ? 1 : 0,
    lbx_traffic_on: options.traffic ? 1 : 0,
    lbx_tcp_new_seconds: timeouts.tcpNew,
    lbx_tcp_open_seconds: timeouts.tcpOpen,
    lbx_tcp_half_closed_seconds: timeouts.tcpHalfClosed,
    lbx_tcp_closed_seconds: timeouts.tcpClosed,
    lbx_udp_new_seconds: timeouts.udpNew,
    lbx_udp_open_seconds: timeouts.udpOpen,
    lbx_host_netns_cookie: ownNetnsCookie(),
    lbx_peer_names: options.peerNames === 'exact' ? 2 : options.peerNames ? 1 : 0,
    lbx_affinity_on: options.sessionAffinity ? 1 : 0,
    lbx_external_ips_anywhere: options.externalIPsAnywhere ? 1 : 0,
  };
}

/** `lbx_redirect` of bpf/include/lbx/ctx_tc.h. */
const redirectCodes = { none: 0, neigh: 1, peer: 2 } as const;
/** bpf_redirect_peer(), since Linux 5.10. */
const redirectPeerHelper = 155;

/** Without programs on pods' devices nothing can go straight into a pod, and nothing need be looked for. */
function redirectCode({ redirect, podDevices }: ResolvedOptions): number {
  if (podDevices.length === 0 && redirect !== 'neigh') return redirectCodes.none;
  if (redirect !== 'auto') return redirectCodes[redirect];
  return features.haveHelper('sched_cls', redirectPeerHelper) ? redirectCodes.peer : redirectCodes.none;
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

/** An address as it stands in a packet. */
function addressBytes(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.'), Number);
  const bytes = new Uint8Array(16);
  ipv6.put(new DataView(bytes.buffer), 0, address);
  return bytes;
}
