import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { createLinkWorld } from '../../test/link-world.ts';
import { Link } from './link.ts';
import { listLinks } from './list-links.ts';
import { queryXdp } from './xdp-query.ts';

describeKernel('XDP links', () => {
  test.each([
    ['native', 'native'],
    ['generic', 'generic'],
    ['auto', 'native'],
    [undefined, 'native'],
  ] as const)('mode %s of a veth is %s; close detaches', (mode, expected) => {
    using world = createLinkWorld('xdp');
    const { object, device } = world;
    const program = object.program('rich_xdp');
    world.inside(() => {
      expect(queryXdp(device)).toEqual([]);
      const link = program.attachXdp({ ifindex: device, ...(mode === undefined ? {} : { mode }) });
      expect(queryXdp(device)).toEqual([{ mode: expected, programId: program.id, programName: 'rich_xdp' }]);
      const { index } = world.netns.device(device);
      expect(link.info()).toMatchObject({
        kind: 'xdp',
        programId: program.id,
        ifindex: index,
        attached: true,
      });
      link.close();
      expect(queryXdp(index)).toEqual([]);
    });
  });

  test('a program of someone else is not replaced: the error names it', () => {
    using world = createLinkWorld('xdp-busy');
    const { object, device } = world;
    const [ours, theirs] = [object.program('rich_xdp'), object.program('rich_tail')];
    world.inside(() => {
      using _link = theirs.attachXdp({ ifindex: device });
      for (const mode of ['native', 'generic'] as const) {
        expect(() => ours.attachXdp({ ifindex: device, mode })).toThrow(
          expect.objectContaining({
            code: mode === 'native' ? 'EBUSY' : 'EEXIST',
            message: expect.stringContaining(`another program is there: rich_tail, id ${theirs.id}, native`),
          }),
        );
      }
      expect(queryXdp(device)[0]?.programId).toBe(theirs.id);
    });
  });

  test('nor one that ip attached', () => {
    using world = createLinkWorld('xdp-netlink');
    const { object, device, netns } = world;
    using folder = createBpffsFolder('xdp-netlink');
    const pin = join(folder.path, 'theirs');
    object.program('rich_tail').pin(pin);
    netns.exec('ip', ['link', 'set', 'dev', device, 'xdpdrv', 'pinned', pin]);
    world.inside(() => {
      const attach = () => object.program('rich_xdp').attachXdp({ ifindex: device, mode: 'native' });
      expect(attach).toThrow(/EBUSY \(another program is there: rich_tail, id \d+, native\)/);
      expect(queryXdp(device)).toHaveLength(1);
    });
  });

  test('update puts another program in place; with "from" only of the one that is there', () => {
    using world = createLinkWorld('xdp-update');
    const { object, device } = world;
    const [first, second] = [object.program('rich_xdp'), object.program('rich_tail')];
    world.inside(() => {
      using link = first.attachXdp({ ifindex: device });
      link.update(second);
      expect(link.info().programId).toBe(second.id);
      expect(queryXdp(device)[0]?.programName).toBe('rich_tail');
      expect(() => link.update(first, { from: first })).toThrow(
        /EPERM.*another program than "from" is there/s,
      );
      link.update(first, { from: second });
      expect(link.info().programId).toBe(first.id);
      expect(() => link.update(object.program('rich_tc'))).toThrow(
        expect.objectContaining({ code: 'EINVAL' }),
      );
    });
  });

  test('a pinned link stays when it is closed, and is found again: by pin, by id, by interface', () => {
    using world = createLinkWorld('xdp-pin');
    using folder = createBpffsFolder('xdp-pin');
    const { object, device } = world;
    const program = object.program('rich_xdp');
    const path = join(folder.path, 'link');
    world.inside(() => {
      const link = program.attachXdp({ ifindex: device });
      link.pin(path);
      const { id } = link.info();
      link.close();
      expect(queryXdp(device)).toHaveLength(1);
      expect(listLinks({ ifindex: device })).toEqual([
        expect.objectContaining({ id, kind: 'xdp', programId: program.id }),
      ]);
      {
        using found = Link.fromId(id);
        expect(found.info().id).toBe(id);
      }
      using again = Link.openPinned(path);
      expect(again.kind).toBe('xdp');
      again.update(object.program('rich_tail'));
      expect(queryXdp(device)[0]?.programName).toBe('rich_tail');
      expect(again.unpin()).toBe(true);
      expect(existsSync(path)).toBe(false);
      again.detach();
      expect(again.info().attached).toBe(false);
      expect(queryXdp(device)).toEqual([]);
      expect(listLinks({ ifindex: device })).toEqual([]);
    });
  });

  test('a link outlives its interface as one that is not attached', () => {
    using world = createLinkWorld('xdp-gone');
    const { object, device, netns } = world;
    using link = world.inside(() => object.program('rich_xdp').attachXdp({ ifindex: device }));
    netns.exec('ip', ['link', 'del', 'dev', device]);
    expect(link.info()).toMatchObject({ attached: false, ifindex: 0 });
    expect(() => link.update(object.program('rich_tail'))).toThrow(/ENOLINK.*defunct/s);
  });

  test('links are told apart though interfaces of two namespaces have one index', () => {
    using first = createLinkWorld('xdp-ns1');
    using second = createLinkWorld('xdp-ns2');
    expect(first.netns.device('veth0').index).toBe(second.netns.device('veth0').index);
    using link = first.inside(() => first.object.program('rich_xdp').attachXdp({ ifindex: 'veth0' }));
    expect(first.inside(() => listLinks({ ifindex: 'veth0' })).map(({ id }) => id)).toEqual([link.info().id]);
    expect(second.inside(() => listLinks({ ifindex: 'veth0' }))).toEqual([]);
  });

  test.each([
    ['an unknown name', 'none0', 'rich_xdp', /find interface none0: ENODEV/],
    ['an unknown index', 4711, 'rich_xdp', /interface 4711: (EINVAL|ENODEV).*is the interface there/s],
    ['another kind of program', 'veth0', 'rich_tc', /is this an XDP program/],
  ])('%s', (_name, ifindex, program, message) => {
    using world = createLinkWorld('xdp-wrong');
    expect(() => world.inside(() => world.object.program(program).attachXdp({ ifindex }))).toThrow(message);
  });

  test('live frames come out of the interface', () => {
    using world = createLinkWorld('xdp-live');
    const { object, netns } = world;
    // rich_tail answers XDP_TX: frames go back out of the interface they are said to have come in on.
    using _receiver = world.inside(() => object.program('rich_xdp').attachXdp({ ifindex: 'veth1' }));
    using _sender = world.inside(() => object.program('rich_xdp').attachXdp({ ifindex: 'veth0' }));
    const ctx = Buffer.alloc(24);
    const frame = new Uint8Array(64).fill(2, 0, 6);
    ctx.writeUInt32LE(frame.length, 4);
    ctx.writeUInt32LE(netns.device('veth0').index, 12);
    const received = () =>
      Number(
        JSON.parse(netns.exec('ip', ['-j', '-s', 'link', 'show', 'dev', 'veth1']))[0].stats64.rx.packets,
      );
    const before = received();
    const result = world.inside(() =>
      object.program('rich_tail').testRun({ data: frame, ctx, repeat: 100, liveFrames: true, batchSize: 10 }),
    );
    expect(result.data).toHaveLength(0);
    expect(object.map('counters').get(Uint8Array.of(1, 0, 0, 0))?.[0]).toBeGreaterThanOrEqual(100);
    expect(received() - before).toBeGreaterThanOrEqual(100);
  });
});
