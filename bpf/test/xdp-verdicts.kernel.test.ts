import type { Frontend, ReasonName } from '@lbx/maps';
import { describeKernel, eth, type PacketBuilder } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, everywhere, type Lab, type LabOptions } from './xdp-lab.ts';
import { type Addressed, packetsOf } from './xdp-packets.ts';

interface Case {
  readonly name: string;
  readonly lab?: LabOptions;
  readonly frontends?: readonly Frontend[];
  readonly prepare?: (lab: Lab) => void;
  readonly packet?: Addressed;
  readonly verdict: 'drop' | 'pass' | 'tx';
  readonly reason: ReasonName;
  /** Where tc differs: it sends by any device, and to next hops that are not resolved. */
  readonly tc?: Pick<Case, 'verdict' | 'reason'>;
}

describe.each(everywhere)('IPv$family at $hook', ({ family, hook }) => {
  const { place, ip, request, reply, backend, podBackend, service } = packetsOf(family);
  /** Of an address. */
  const bits = family === 4 ? 32 : 128;
  const link = { src: place.routerMac, dst: place.nodeMac };
  const services = [
    service('LoadBalancer', [backend(0)]),
    service('LoadBalancer', [backend(0)], { protocol: 'UDP' }),
    service('NodePort', [backend(0)]),
  ];
  const ping = { type: family === 4 ? 8 : 128, id: 1, seq: 1 };
  const toService = ip(eth(link), { src: place.client, dst: place.loadBalancer });

  describeKernel('leaves alone', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({ family, hook, frontends: services });
    });
    afterAll(() => lab.close());

    const strangers: [string, PacketBuilder | Uint8Array][] = [
      ['a stranger', request({ to: place.stranger, dport: 80 })],
      ['the node itself', request({ to: place.node, dport: 22 })],
      ['a NodePort number on another address', request({ to: place.stranger, dport: 30080 })],
      ['UDP to a TCP NodePort', request({ to: place.node, dport: 30080, protocol: 'UDP' })],
      ['a port of the SNAT range that nobody uses', reply({ dport: 40500 })],
      ['a port below the SNAT range', reply({ dport: 39999 })],
      ['a port above the SNAT range', reply({ dport: 41000 })],
      ['a ping of the node', ip(eth(link), { src: place.client, dst: place.node }).icmp(ping)],
      ['another protocol to the service address', toService.payload('what')],
      ['the other family', packetsOf(family === 4 ? 6 : 4).request()],
      ['no IP', eth(link).payload('x'.repeat(50))],
      ['an IP version that is none', corrupt(request().bytes(), 14, 0x55)],
      ...(family === 4
        ? [['a header length below 20', corrupt(request().bytes(), 14, 0x44)] as [string, Uint8Array]]
        : []),
    ];
    it.each(strangers)('%s', (_name, packet) => {
      const sent = lab.send(packet);
      expect(sent.verdict).toBe('pass');
      expect(sent.isUntouched).toBe(true);
      expect(sent.counted).toEqual([]);
    });

    it('a ping of a service, which is counted', () => {
      expect(lab.send(toService.icmp(ping))).toMatchObject({
        verdict: 'pass',
        isUntouched: true,
        counted: ['pass_icmp'],
      });
    });

    it.each(['TCP', 'UDP'] as const)('a %s packet cut short anywhere in its headers', (protocol) => {
      const whole = request({ protocol, flags: ['syn'] }).bytes();
      const headers = 14 + (family === 4 ? 20 : 40) + (protocol === 'TCP' ? 20 : 8);
      // Test runs of tc want a whole IP header.
      const shortest = hook === 'tc' ? 14 + (family === 4 ? 20 : 40) : 14;
      for (let length = shortest; length < headers; length++) {
        const sent = lab.send(whole.subarray(0, length));
        expect(sent.verdict, `${length} bytes`).toBe('pass');
        expect(sent.isUntouched).toBe(true);
      }
      expect(lab.send(whole.subarray(0, headers)).verdict).toBe('tx');
    });
  });

  const only = (...frontends: Frontend[]) => frontends;
  const lb = (more: Partial<Frontend>, backends = [backend(0)]) =>
    only(service('LoadBalancer', backends, more));

  const verdicts: readonly Case[] = [
    {
      name: 'unknown port of a service address',
      packet: { dport: 81 },
      verdict: 'drop',
      reason: 'drop_wildcard',
    },
    {
      name: 'other protocol of a service port',
      frontends: lb({}),
      packet: { protocol: 'UDP' },
      verdict: 'drop',
      reason: 'drop_wildcard',
    },
    {
      name: 'unknown port without wildcard entries, no gate',
      lab: { wildcards: false, gate: false },
      packet: { dport: 81 },
      verdict: 'pass',
      reason: 'pass_no_service',
    },
    {
      name: 'ClusterIP from outside',
      frontends: only(service('ClusterIP', [backend(0)])),
      packet: { to: place.clusterIp },
      verdict: 'drop',
      reason: 'drop_not_routable',
    },
    { name: 'no backends', frontends: lb({}, []), verdict: 'tx', reason: 'drop_no_backend' },
    {
      name: 'backends in maintenance only',
      frontends: lb({}, [backend(0, { state: 'maintenance' })]),
      verdict: 'tx',
      reason: 'drop_no_backend',
    },
    {
      name: 'client inside of the source ranges',
      frontends: lb({ sourceRanges: [`${place.clientAt(4)}/${bits - 2}`] }),
      verdict: 'tx',
      reason: 'note_new_flow',
    },
    {
      name: 'client outside of the source ranges',
      frontends: lb({ sourceRanges: [`${place.clientAt(8)}/${bits - 2}`] }),
      verdict: 'drop',
      reason: 'drop_source_range',
    },
    {
      name: 'client outside of denied ranges',
      frontends: lb({ sourceRanges: [`${place.clientAt(8)}/${bits - 2}`], sourceRangesPolicy: 'deny' }),
      verdict: 'tx',
      reason: 'note_new_flow',
    },
    {
      name: 'client inside of denied ranges',
      frontends: lb({ sourceRanges: [`${place.clientAt(4)}/${bits - 2}`], sourceRangesPolicy: 'deny' }),
      verdict: 'drop',
      reason: 'drop_source_range',
    },
    { name: 'L7 proxy', frontends: lb({ proxyPort: 12345 }), verdict: 'pass', reason: 'pass_l7_service' },
    { name: 'DSR service', frontends: lb({ forwarding: 'dsr' }), verdict: 'tx', reason: 'sent_request' },
    { name: 'TTL 1', packet: { ttl: 1 }, verdict: 'tx', reason: 'drop_ttl' },
    {
      name: 'no SNAT address',
      lab: { variables: { [`lbx_snat_addr${family}`]: family === 4 ? 0 : new Uint8Array(16) } },
      verdict: 'drop',
      reason: 'drop_no_snat_address',
    },
    {
      name: 'backend without neighbour',
      frontends: lb({}, [{ ...backend(0), address: place.unknown }]),
      verdict: 'drop',
      reason: 'drop_no_neighbour',
      tc: { verdict: 'tx', reason: 'sent_request' },
    },
    {
      name: 'remote backend behind another device',
      frontends: lb({}, [{ ...podBackend, node: 'other' }]),
      verdict: 'drop',
      reason: 'drop_other_device',
      tc: { verdict: 'tx', reason: 'sent_request' },
    },
    {
      name: 'remote backend without a route',
      frontends: lb({}, [{ ...backend(0), address: place.stranger }]),
      verdict: 'drop',
      reason: 'drop_no_route',
    },
    {
      name: 'remote backend with an unreachable route',
      frontends: lb({}, [{ ...backend(0), address: place.strangerToo }]),
      prepare: (lab) => lab.ip(`route add unreachable ${place.strangerToo}/${bits}`),
      verdict: 'drop',
      reason: 'drop_no_route',
    },
    {
      name: 'forwarding switched off',
      prepare: (lab) => lab.sysctl(`net.ipv${family}.conf.eth0.forwarding`, 0),
      verdict: 'drop',
      reason: 'drop_forwarding_disabled',
    },
    {
      name: 'backend without metadata',
      prepare: (lab) => forgetBackends(lab),
      verdict: 'drop',
      reason: 'drop_backend_missing',
    },
    {
      name: 'Maglev service without a table',
      lab: { algorithm: 'maglev' },
      prepare: (lab) => lab.xdp.map(`lb${family}_maglev`).clear(),
      verdict: 'tx',
      reason: 'note_maglev_missing',
    },
    {
      name: 'algorithm of the service over the default',
      frontends: lb({ algorithm: 'maglev' }),
      verdict: 'tx',
      reason: 'note_new_flow',
    },
    {
      name: 'no metadata kept: remote by route',
      lab: { derived: false },
      verdict: 'tx',
      reason: 'note_new_flow',
    },
    {
      name: 'no metadata kept: local by route',
      lab: { derived: false },
      frontends: lb({}, [podBackend]),
      verdict: 'pass',
      reason: 'sent_local_request',
    },
    {
      name: 'no metadata kept: the host itself',
      lab: { derived: false },
      frontends: lb({}, [{ ...podBackend, address: place.node }]),
      verdict: 'pass',
      reason: 'sent_local_request',
    },
  ];

  describeKernel('judges', () => {
    const labs = new Map<string, Lab>();
    afterAll(() => {
      for (const lab of labs.values()) lab.close();
    });
    /** Cases that prepare nothing share a lab; each has a client port of its own. */
    const labFor = ({ lab: more = {}, prepare, verdict, reason }: Case): Lab => {
      const isIcmpError = verdict === 'tx' && reason.startsWith('drop');
      const options = { family, hook, checksumComplete: !isIcmpError, ...more };
      if (prepare) return createLab(options);
      const key = JSON.stringify(options);
      const lab = labs.get(key) ?? createLab(options);
      labs.set(key, lab);
      return lab;
    };

    it.each(verdicts.map((one, i) => ({ ...one, ...(hook === 'tc' && one.tc), sport: 40001 + i })))(
      '$name: $verdict, counted as $reason',
      (one) => {
        const { frontends, prepare, packet, verdict, reason, sport } = one;
        const lab = labFor(one);
        try {
          lab.apply(frontends ?? services);
          prepare?.(lab);
          const sent = lab.send(request({ flags: ['syn'], sport, ...packet }));
          expect(sent.verdict).toBe(verdict);
          expect(sent.counted).toContain(reason);
          if (verdict === 'drop')
            expect(sent.counted.filter((name) => name.startsWith('drop'))).toEqual([reason]);
          if (reason.startsWith('pass')) expect(sent.isUntouched).toBe(true);
          expect(sent.packet.checksumsValid).toBe(true);
        } finally {
          if (prepare) lab.close();
        }
      },
    );

    it('drops with a reason when the program array was emptied', () => {
      using lab = createLab({ family, hook, frontends: services });
      const calls = hook === 'xdp' ? lab.xdp.map('lbx_xdp_calls') : lab.tc.map('lbx_tc_calls');
      const entry6 = new Uint8Array(Uint32Array.of(16).buffer);
      for (const [key] of [...calls.entries()]) if (Buffer.compare(key, entry6) !== 0) calls.delete(key);
      const sent = lab.send(request({ flags: ['syn'] }));
      expect(sent.verdict).toBe('drop');
      expect(sent.counted).toEqual(['drop_missed_tail_call']);
    });

    it('works with the gate off, and then looks everything up', () => {
      using lab = createLab({ family, hook, frontends: services, gate: false });
      expect(lab.send(request({ flags: ['syn'] })).verdict).toBe('tx');
      const stranger = lab.send(request({ to: place.stranger }));
      expect(stranger.verdict).toBe('pass');
      expect(stranger.isUntouched).toBe(true);
      expect(stranger.counted).toEqual(['pass_no_service']);
    });
  });
});

function corrupt(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = value;
  return changed;
}

function forgetBackends(lab: Lab): void {
  const map = lab.xdp.map('lbx_backend_meta');
  for (let id = 0; id < 16; id++) map.set(new Uint8Array(Uint32Array.of(id).buffer), new Uint8Array(8));
}
