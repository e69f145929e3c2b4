import { manifest, readObject } from '@lbx/bpf';
import { parseObject } from 'libbpf-ts/elf';
import { describe, expect, it } from 'vitest';
import { resolveOptions } from '../options/resolve-options.ts';
import { variablesOf } from './variables.ts';

/** Objects that core loads; the others are for measuring. */
const objects = Object.keys(manifest.objects).filter((name) => /^(xdp|tc|pod)[46]$|^sock$/.test(name));
const settingsOf = (name: string) =>
  [...parseObject(readObject(name)).variables.values()].filter(({ section }) =>
    section.startsWith('.rodata'),
  );

/** Settings of the objects that nobody needs to change: their defaults are meant for all. */
const fixed = new Set([
  'lbx_reasons',
  'lbx_event_layout',
  'lbx_icmp_per_second',
  'lbx_skip_lb_on',
  'lbx_refuse_errno',
  'lbx_elsewhere_errno',
  'lbx_elsewhere_errno',
  'lbx_bind_errno',
  // Core says it with each service, so that one of them can ask for the other.
  'lbx_forwarding',
]);

const network = { devices: [], addresses: [] };
const options = resolveOptions(
  { snatAddress: '192.0.2.1', snatAddress6: '2001:db8::1', nodeAddresses: [] },
  network,
);
const variables = variablesOf(options, 250, new Map());

describe('settings of the programs', () => {
  const declared = new Map(objects.flatMap((name) => settingsOf(name).map((spec) => [spec.name, spec])));

  it('each that core writes is one of an object', () => {
    expect(Object.keys(variables).filter((name) => !declared.has(name))).toEqual([]);
  });

  it('each of an object is written by core, or needs no choice', () => {
    const forgotten = [...declared.keys()].filter((name) => !(name in variables) && !fixed.has(name));
    expect(forgotten).toEqual([]);
  });

  it('addresses are as they stand in packets', () => {
    expect(variables.lbx_snat_addr4).toEqual(Uint8Array.of(192, 0, 2, 1));
    expect(Buffer.from(variables.lbx_snat_addr6 as Uint8Array).toString('hex')).toBe(
      '20010db8000000000000000000000001',
    );
  });

  it.each([
    [{ rejectWithoutEndpoints: false }, { lbx_reject_on: 0 }],
    [{ answerEcho: true }, { lbx_echo_on: 1 }],
    [{ hairpinAddress: '192.0.2.1' }, { lbx_hairpin_addr4: Uint8Array.of(192, 0, 2, 1) }],
    [{ snatAddress: '192.0.2.2' }, { lbx_hairpin_addr4: Uint8Array.of(192, 0, 2, 2) }],
    [
      { dsrDispatch: 'ipip', mtu: 1450 },
      { lbx_dsr_by: 1, lbx_mtu: 1450 },
    ],
    [{ redirect: 'none' }, { lbx_redirect: 0, lbx_tc_behind: 1 }],
    [{ redirect: 'neigh' }, { lbx_redirect: 1, lbx_tc_behind: 1 }],
    [{ redirect: 'peer' }, { lbx_redirect: 0, lbx_tc_behind: 1 }],
    [
      { redirect: 'peer', podDevices: ['veth*'] },
      { lbx_redirect: 2, lbx_tc_behind: 2 },
    ],
    [{ wildcards: false }, { lbx_wildcards_on: 0 }],
    [
      { algorithm: 'maglev', maglevSize: 251 },
      { lbx_algorithm: 2, lbx_maglev_size: 251 },
    ],
    [{ snatPorts: [10000, 10999] }, { lbx_snat_min: 10000, lbx_snat_max: 10999, lbx_snat_prime: 997 }],
    [{ timeouts: { udpNew: 7 } }, { lbx_udp_new_seconds: 7, lbx_udp_open_seconds: 120 }],
    [
      { sessionAffinity: false, peerNames: false },
      { lbx_affinity_on: 0, lbx_peer_names: 0 },
    ],
    [{ peerNames: 'exact' }, { lbx_peer_names: 2 }],
    [{ externalIPsAnywhere: true }, { lbx_external_ips_anywhere: 1 }],
  ] as const)('%o', (given, expected) => {
    expect(variablesOf(resolveOptions(given as never, network), 250, new Map())).toMatchObject(expected);
  });
});
