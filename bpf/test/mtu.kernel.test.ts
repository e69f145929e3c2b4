import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLab, families, hooks, type Lab } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

const everywhere = families.flatMap((family) => hooks.map((hook) => ({ family, hook })));

// The kernel, too, looks at the MTU of a route for packets it forwards only where that is locked; else at the device's.
describe.each(everywhere)('routes with an MTU, IPv$family at $hook', ({ family, hook }) => {
  const { place, request, reply, backend, service } = packetsOf(family);
  const headers = family === 4 ? 28 : 48;
  const icmp = (mtu: number) => (family === 4 ? { type: 3, code: 4, mtu } : { type: 2, code: 0, mtu });
  const ofLength = (length: number) => 'x'.repeat(length - headers);

  describeKernel('packets', () => {
    let lab: Lab;
    beforeAll(() => {
      lab = createLab({
        family,
        hook,
        checksumComplete: false,
        frontends: [service('LoadBalancer', [backend(0)], { protocol: 'UDP' })],
      });
      lab.ip(`-${family} route replace ${place.backend(0)} dev eth0 mtu lock 1400`);
      lab.ip(`-${family} route replace ${place.clients} via ${place.router} dev eth0 mtu lock 1300`);
    });
    afterAll(() => lab.close());

    it('a request that fits goes, one byte more is refused with the MTU for its sender', () => {
      const send = (length: number) => lab.send(request({ protocol: 'UDP', payload: ofLength(length) }));
      for (let n = 0; n < 2; n++) {
        expect(send(1400).counted).toContain('sent_request');
        const refused = send(1401);
        expect(refused.counted).toEqual(['sent_icmp_error', 'drop_too_big']);
        expect(refused.packet.problems).toEqual([]);
        expect(refused.packet.icmp).toMatchObject(icmp(1400));
        expect(refused.packet.ipv4 ?? refused.packet.ipv6).toMatchObject({
          src: place.loadBalancer,
          dst: place.client,
        });
      }
    });

    it('a reply as well: its sender is the backend', () => {
      const { sport } = lab.send(request({ protocol: 'UDP' })).packet.udp!;
      const send = (length: number) =>
        lab.send(reply({ protocol: 'UDP', dport: sport, payload: ofLength(length) }));
      expect(send(1300).counted).toContain('sent_reply');
      const refused = send(1301);
      expect(refused.counted).toEqual(['sent_icmp_error', 'drop_too_big']);
      expect(refused.packet.icmp).toMatchObject(icmp(1300));
      expect(refused.packet.ipv4 ?? refused.packet.ipv6).toMatchObject({
        src: place.node,
        dst: place.backend(0),
      });
    });

    it('two ways by one gateway have each its own', () => {
      const other = place.clientAt(77);
      lab.ip(`-${family} route replace ${other} via ${place.router} dev eth0 mtu lock 1350`);
      const ports = [place.client, other].map(
        (from) => lab.send(request({ from, protocol: 'UDP' })).packet.udp!.sport,
      );
      const send = (n: number, length: number) =>
        lab.send(reply({ protocol: 'UDP', dport: ports[n]!, payload: ofLength(length) })).counted;
      for (let round = 0; round < 2; round++) {
        for (const [n, mtu] of [1300, 1350].entries()) {
          expect(send(n, mtu)).toContain('sent_reply');
          expect(send(n, mtu + 1)).toContain('drop_too_big');
        }
      }
    });

    if (family === 4) {
      it('what may be cut on its way goes as it is', () => {
        const frame = request({ protocol: 'UDP', payload: ofLength(1401) }).bytes();
        const view = new DataView(frame.buffer);
        view.setUint16(20, 0); // don't fragment
        view.setUint16(24, view.getUint16(24) + 0x4000);
        expect(lab.send(frame).counted).toContain('sent_request');
      });
    }
  });
});
