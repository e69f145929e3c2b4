import { reasonOf } from '@lbx/maps';
import { describeKernel, eth, fragmentPacket } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listen } from './event-ears.ts';
import { createLab, type Lab, places } from './xdp-lab.ts';
import { packetsOf } from './xdp-packets.ts';

const named = (event: { readonly reason: number }) => reasonOf(event.reason)?.name;
const link = { src: places[6].routerMac, dst: places[6].nodeMac };

describeKernel('an event of an IPv6 packet', () => {
  const six = packetsOf(6);
  const { client, loadBalancer } = six.place;
  let lab: Lab;
  beforeAll(() => {
    lab = createLab({ family: 6, frontends: [six.service('LoadBalancer', [six.backend(0)])] });
  });
  afterAll(() => lab.close());

  it('has addresses and ports, service and backend', () => {
    using ears = listen(lab.xdp, { reasons: ['note_new_flow'] });
    const bytes = six.request({ flags: ['syn'] }).bytes();
    lab.send(bytes);
    expect(ears.heard()).toMatchObject([
      {
        family: 6,
        saddr: client,
        daddr: loadBalancer,
        sport: 40001,
        dport: 80,
        proto: 6,
        length: bytes.length,
        backendId: lab.tables.backendIds.get(`${six.place.backend(0)}:8080/6`),
      },
    ]);
  });

  it('is of its network only', () => {
    const mask = 'ffff:ffff::';
    using here = listen(lab.xdp, { slot: 0, address: client, mask });
    using elsewhere = listen(lab.xdp, { slot: 1, address: '::ffff:203.0.113.5', mask: '::ffff:ffff:ffff' });
    lab.send(six.request({ dport: 81 }));
    expect(here.heard().map(named)).toEqual(['drop_wildcard']);
    expect(elsewhere.heard()).toEqual([]);
  });

  it('sees through extension headers and the header of a first fragment', () => {
    using ears = listen(lab.xdp, { reasons: ['drop_wildcard', 'drop_fragment_early'] });
    const seen = { family: 6, proto: 6, saddr: client, sport: 40001, dport: 81 };
    const extensions = [{ kind: 'destination', data: new Uint8Array(14) }] as const;
    const behind = eth(link).ipv6({ src: client, dst: loadBalancer, extensions });
    lab.send(behind.tcp({ sport: 40001, dport: 81, flags: ['syn'] }));
    expect(ears.heard()).toMatchObject([seen]);
    const [first] = fragmentPacket(six.request({ dport: 81, payload: 'z'.repeat(2000) }).bytes(), 1280);
    lab.send(first!);
    expect(ears.heard()).toMatchObject([seen]);
    const other = fragmentPacket(six.request({ protocol: 'UDP', payload: 'z'.repeat(2000) }).bytes(), 1280);
    lab.send(other.at(-1)!);
    expect(ears.heard()).toMatchObject([{ family: 6, proto: 17, saddr: client, sport: 0, dport: 0 }]);
  });
});
