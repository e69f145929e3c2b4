import type { Backend } from '@lbx/maps';
import { describeKernel, eth } from '@lbx/testing';
import { describe, expect, it } from 'vitest';
import { createLab, everywhere } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

describe.each(everywhere)('SCTP, IPv$family at $hook', ({ family, hook }) => {
  const { place, ip, backend, podBackend, service } = packetsOf(family);
  const link = { src: place.routerMac, dst: place.nodeMac };
  const at80 = (one: Backend): Backend => ({ ...one, port: 80 });
  const frontends = [
    service('LoadBalancer', [at80(podBackend)], { protocol: 'SCTP' }),
    service('ExternalIP', [podBackend], { protocol: 'SCTP' }),
    service('NodePort', [at80(backend(0))], { protocol: 'SCTP', port: 80 }),
  ];
  const init = (dst: string) =>
    ip(eth(link), { src: place.client, dst }).sctp({ sport: 40001, dport: 80 }).payload(new Uint8Array(20));

  describeKernel('packets', () => {
    it('to a backend on this node with the same port: only addresses change, there and back', () => {
      using lab = createLab({ family, hook, frontends });
      for (let n = 0; n < 2; n++) {
        const sent = lab.send(init(place.loadBalancer));
        expect(sent.counted).toContain('sent_local_request');
        expect(sent.packet.problems).toEqual([]);
        expect(sent.packet.ipv4 ?? sent.packet.ipv6).toMatchObject({ src: place.client, dst: place.pod });
        const answer = ip(eth(link), { src: place.pod, dst: place.client }).sctp({ sport: 80, dport: 40001 });
        const left = lab.leave(answer.payload(new Uint8Array(20)));
        expect(left.counted).toEqual(['sent_local_reply']);
        expect(left.packet.problems).toEqual([]);
        expect(left.packet.ipv4 ?? left.packet.ipv6).toMatchObject({
          src: place.loadBalancer,
          dst: place.client,
        });
      }
    });

    it('whose ports would have to change is dropped with a reason', () => {
      using lab = createLab({ family, hook, frontends });
      for (const to of [place.external, place.node]) {
        const sent = lab.send(init(to));
        expect(sent.verdict).toBe('drop');
        expect(sent.counted).toEqual(['drop_sctp_ports']);
      }
    });

    it.each([0, 1])('to a remote backend by DSR (lbx_dsr_by %i)', (lbx_dsr_by) => {
      using lab = createLab({ family, hook, frontends, variables: { lbx_forwarding: 1, lbx_dsr_by } });
      for (let n = 0; n < 2; n++) {
        const sent = lab.send(init(place.node));
        expect(sent.counted).toContain('sent_request');
        expect(sent.packet.problems).toEqual([]);
        expect((sent.packet.ipv4 ?? sent.packet.ipv6)!.dst).toBe(place.backend(0));
      }
    });
  });
});
