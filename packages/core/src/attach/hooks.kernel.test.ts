import { objectPath } from '@lbx/bpf';
import { describeKernel } from '@lbx/testing';
import { load, queryTcx, queryXdp, TcNetlinkLink } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createNodeFixture, type NodeFixture } from '../../test/node-fixture.ts';
import type { LoadBalancer } from '../load-balancer.ts';
import { removePinned } from '../remove/remove-pinned.ts';

describeKernel('hooks on devices', () => {
  let fixture: NodeFixture;
  beforeEach(() => {
    fixture = createNodeFixture('core-hooks');
  });
  afterEach(() => fixture[Symbol.dispose]());

  const tcx = (device: string) =>
    fixture.inside(() =>
      (['ingress', 'egress'] as const).map((direction) =>
        queryTcx({ ifindex: device, direction }).map(({ programName }) => programName),
      ),
    );
  /** What `tc` tells about BPF filters, in the order they run. */
  const filters = (device: string) =>
    ['ingress', 'egress'].map((direction) =>
      fixture.node
        .exec('tc', ['filter', 'show', 'dev', device, direction])
        .split('\n')
        .flatMap((line) => /pref (\d+) bpf .*handle \S+ (\w+)/.exec(line)?.slice(1).join(' ') ?? []),
    );
  const via = (lb: LoadBalancer) => lb.status().attachments.map((one) => `${one.hook} ${one.via}`);
  // One family, because each start loads all programs.
  const packets = { cgroup: false, families: [4] } as const;

  it('auto: tc without XDP on a veth, and says why', () => {
    const lb = fixture.start({ cgroup: false });
    expect(via(lb)).toEqual(['tc egress tcx', 'tc ingress tcx']);
    expect(fixture.notices).toEqual([expect.stringMatching(/no XDP on eth0.*'native'/)]);
    expect(lb.status().families).toMatchObject([
      {
        family: 4,
        packets: true,
        xdp: [],
        tc: ['eth0'],
        snatAddress: '192.0.2.1',
        nodeAddresses: ['192.0.2.1'],
      },
      { family: 6, packets: true, xdp: [], tc: ['eth0'], snatAddress: '2001:db8::1' },
    ]);
  });

  it.each(['native', 'generic'] as const)('%s XDP where it is asked for', (mode) => {
    fixture.ip('link', 'add', 'veth7', 'type', 'veth', 'peer', 'veth8');
    const lb = fixture.start({ ...packets, devices: ['eth0', 'veth7'], xdp: { eth0: mode, veth7: 'off' } });
    expect(lb.status().families[0]).toMatchObject({ xdp: ['eth0'], tc: ['eth0', 'veth7'] });
    expect(fixture.inside(() => queryXdp('eth0'))).toMatchObject([{ mode, programName: 'lbx_xdp' }]);
    expect(fixture.inside(() => queryXdp('veth7'))).toEqual([]);
    expect(fixture.notices).toEqual([]);
  });

  it('native XDP that the driver refuses is an error; auto goes on with tc', () => {
    fixture.ip('link', 'add', 'br7', 'type', 'bridge');
    const asked = { ...packets, devices: ['eth0', 'br7'] };
    expect(() => fixture.start({ ...asked, xdp: { eth0: 'off', br7: 'native' } })).toThrow(
      expect.objectContaining({
        code: 'LBX_NO_NATIVE_XDP',
        message: expect.stringMatching(/br7 takes no native XDP.*'auto'/s),
      }),
    );
    expect(tcx('eth0')).toEqual([[], []]);
    const lb = fixture.start({ ...asked, xdp: { eth0: 'off' } });
    expect(lb.status().families[0]).toMatchObject({ xdp: [], tc: ['eth0', 'br7'] });
    expect(fixture.notices).toEqual([expect.stringMatching(/no XDP on br7.*its driver refuses/)]);
  });

  it('auto leaves the XDP hook to a stranger who was first', () => {
    fixture.ip('link', 'add', 'br7', 'type', 'bridge');
    using object = load(objectPath('pass'));
    using stranger = fixture.inside(() =>
      object.program('lbx_pass').attachXdp({ ifindex: 'br7', mode: 'generic' }),
    );
    const lb = fixture.start({ ...packets, devices: ['eth0', 'br7'], xdp: { eth0: 'off' } });
    expect(lb.status().families[0]).toMatchObject({ xdp: [], tc: ['eth0', 'br7'] });
    expect(fixture.inside(() => queryXdp('br7')[0]?.programId)).toBe(stranger.info().programId);
  });

  it('tc programs stand behind those of strangers, and leave them alone when they go', () => {
    using object = load(objectPath('tc4'));
    using stranger = fixture.inside(() =>
      object.program('lbx_tc_egress').attachTc({ ifindex: 'eth0', direction: 'egress', via: 'tcx' }),
    );
    const lb = fixture.start(packets);
    const order = fixture.inside(() => queryTcx({ ifindex: 'eth0', direction: 'egress' }));
    expect(order).toHaveLength(2);
    expect(order[0]?.linkId).toBe(stranger.info().id);
    lb.remove();
    expect(fixture.inside(() => queryTcx({ ifindex: 'eth0', direction: 'egress' }))).toMatchObject([
      { linkId: stranger.info().id },
    ]);
  });

  it('clsact filters are taken over, and removed with the pins, and strangers stay', () => {
    using object = load(objectPath('tc4'));
    const stranger = fixture.inside(() =>
      object.program('lbx_tc_egress').attachTc({ ifindex: 'eth0', direction: 'egress', via: 'clsact' }),
    );
    const first = fixture.start({ ...packets, tc: 'clsact' });
    expect(via(first)).toEqual(['tc egress clsact', 'tc ingress clsact']);
    expect(tcx('eth0')).toEqual([[], []]);
    expect(filters('eth0')).toEqual([['50 lbx_tc_ingress'], ['50 lbx_tc_egress', '49152 lbx_tc_egress']]);
    const before = first.status().attachments;
    first.close();
    expect(filters('eth0')[0]).toEqual(['50 lbx_tc_ingress']);

    const second = fixture.start({ ...packets, tc: 'clsact' });
    expect(second.summary().takenOver).toBe(2);
    expect(filters('eth0')).toEqual([['50 lbx_tc_ingress'], ['50 lbx_tc_egress', '49152 lbx_tc_egress']]);
    expect(second.status().attachments[0]?.programId).not.toBe(before[0]?.programId);
    second.close();
    const { removed } = fixture.inside(() => removePinned(fixture.pins));
    expect(removed.filter(({ kind }) => kind === 'filter')).toMatchObject([
      { name: 'tc_ingress_eth0', program: { name: 'lbx_tc_ingress' } },
      { name: 'tc_egress_eth0', program: { name: 'lbx_tc_egress' } },
    ]);
    expect(filters('eth0')).toEqual([[], ['49152 lbx_tc_egress']]);
    fixture.inside(() => stranger.close());
  });

  it('a load balancer of another pin folder keeps its filters', () => {
    const first = fixture.start({ ...packets, tc: 'clsact' });
    const { programId } = first.status().attachments[0] ?? {};
    const pins = `${fixture.pins}-other`;
    expect(() => fixture.start({ ...packets, tc: 'clsact', pins })).toThrow(
      expect.objectContaining({
        code: 'LBX_HOOK_TAKEN',
        message: expect.stringMatching(
          /tc egress of eth0 has a filter.*'lbx_tc_egress'.*lbx cleanup --pins/s,
        ),
      }),
    );
    fixture.inside(() => removePinned(pins));
    expect(first.status().attachments[0]).toMatchObject({ attached: true, programId });
  });

  it('changes from tcx to clsact and back leave one program on each hook', () => {
    fixture.start(packets).close();
    fixture.start({ ...packets, tc: 'clsact' }).close();
    expect(tcx('eth0')).toEqual([[], []]);
    expect(filters('eth0')).toEqual([['50 lbx_tc_ingress'], ['50 lbx_tc_egress']]);
    fixture.start(packets).close();
    expect(tcx('eth0')).toEqual([['lbx_tc_ingress'], ['lbx_tc_egress']]);
    expect(filters('eth0')).toEqual([[], []]);
  });

  it('refuses clsact without pins, because the kernel would keep the filters', () => {
    expect(() => fixture.start({ ...packets, tc: 'clsact', pins: false })).toThrow(
      expect.objectContaining({
        code: 'LBX_BAD_OPTION',
        message: expect.stringContaining('name a folder of pins'),
      }),
    );
    expect(() =>
      TcNetlinkLink.open({ ifindex: 1, direction: 'ingress', priority: 50, handle: 0x6c6278 }),
    ).toThrow();
  });
});
