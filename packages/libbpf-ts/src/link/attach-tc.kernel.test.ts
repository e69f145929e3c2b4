import { join } from 'node:path';
import { createBpffsFolder, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { createLinkWorld } from '../../test/link-world.ts';
import { features } from '../features/features.ts';
import { load } from '../object/load.ts';
import { queryTcx } from './attached-programs.ts';
import { Link } from './link.ts';
import { listLinks } from './list-links.ts';
import { TcNetlinkLink } from './tc-netlink-link.ts';

const rich = join(import.meta.dirname, '../../test/objects/rich.bpf.o');
const tcx = features.haveLink('tcx');

describeKernel('tcx links', () => {
  test.runIf(tcx).each(['ingress', 'egress'] as const)(
    '%s: attached, updated, pinned, found again, detached',
    (direction) => {
      using world = createLinkWorld('tcx');
      using folder = createBpffsFolder('tcx');
      using other = load(rich);
      const { object, device } = world;
      const path = join(folder.path, 'link');
      const program = object.program('rich_tc');
      world.inside(() => {
        const link = program.attachTc({ ifindex: device, direction });
        expect(link.info()).toMatchObject({
          kind: 'tcx',
          programId: program.id,
          attachType: `tcx_${direction}`,
          attached: true,
        });
        link.pin(path);
        const { id } = link.info();
        link.close();
        const attached = { programId: program.id, programName: 'rich_tc', linkId: id };
        expect(queryTcx({ ifindex: device, direction })).toEqual([attached]);
        expect(listLinks({ ifindex: device, kind: 'tcx' }).map((info) => info.id)).toEqual([id]);
        using again = Link.openPinned(path);
        again.update(other.program('rich_tc'));
        expect(queryTcx({ ifindex: device, direction })[0]?.programId).toBe(other.program('rich_tc').id);
        again.unpin();
        again.detach();
        expect(queryTcx({ ifindex: device, direction })).toEqual([]);
      });
    },
  );

  test.runIf(tcx)('programs run beside each other, in the order that was asked for', () => {
    using world = createLinkWorld('tcx-order');
    using second = load(rich);
    using third = load(rich);
    const place = { ifindex: world.device, direction: 'ingress' } as const;
    world.inside(() => {
      using a = world.object.program('rich_tc').attachTc(place);
      using b = second.program('rich_tc').attachTc({ ...place, before: a });
      using c = third.program('rich_tc').attachTc({ ...place, after: b });
      expect(queryTcx(place).map(({ linkId }) => linkId)).toEqual([b, c, a].map((link) => link.info().id));
    });
  });
});

describeKernel('tc filters on clsact', () => {
  const via = 'clsact';

  test.each(['ingress', 'egress'] as const)('%s: attached, updated, removed by close', (direction) => {
    using world = createLinkWorld('clsact');
    using other = load(rich);
    const { object, device, netns } = world;
    const filters = () => netns.exec('tc', ['filter', 'show', 'dev', device, direction]);
    world.inside(() => {
      const link = object.program('rich_tc').attachTc({ ifindex: device, direction, via });
      expect(link).toMatchObject({ kind: 'tc-netlink', fd: undefined });
      expect(link.info()).toMatchObject({ programId: object.program('rich_tc').id, attached: true });
      expect(filters()).toContain('rich_tc');
      expect(filters()).toContain('direct-action');
      link.update(other.program('rich_tc'));
      expect(link.info().programId).toBe(other.program('rich_tc').id);
      link.close();
      expect(filters()).not.toContain('rich_tc');
      expect(link.info().attached).toBe(false);
    });
  });

  test('a filter of someone else stays and runs on', () => {
    using world = createLinkWorld('clsact-two');
    using stranger = load(rich);
    const { device, netns } = world;
    const place = { ifindex: device, direction: 'ingress', via, priority: 1, handle: 1 } as const;
    world.inside(() => {
      using theirs = stranger.program('rich_tc').attachTc(place);
      expect(() => world.object.program('rich_tc').attachTc(place)).toThrow(
        /EEXIST.*priority and handle already/s,
      );
      const ours = world.object.program('rich_tc').attachTc({ ...place, priority: 2 });
      ours.close();
      expect(theirs.info()).toMatchObject({ attached: true, programId: stranger.program('rich_tc').id });
      expect(netns.exec('tc', ['filter', 'show', 'dev', device, 'ingress'])).toContain('pref 1 ');
    });
  });

  test('a filter that someone replaced is neither updated nor removed', () => {
    using world = createLinkWorld('clsact-replaced');
    using stranger = load(rich);
    const place = { ifindex: world.device, direction: 'ingress', priority: 3, handle: 7 } as const;
    world.inside(() => {
      const ours = world.object.program('rich_tc').attachTc({ ...place, via });
      const theirs = TcNetlinkLink.open(place);
      theirs.update(stranger.program('rich_tc'));
      expect(() => ours.update(world.object.program('rich_tc'))).toThrow(/EBUSY.*someone else/);
      ours.close();
      expect(theirs.info()).toMatchObject({ attached: true, programId: stranger.program('rich_tc').id });
      theirs.detach();
      expect(() => TcNetlinkLink.open(place)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    });
  });

  test('one that is kept is found again by its place', () => {
    using world = createLinkWorld('clsact-keep');
    const place = { ifindex: world.device, direction: 'egress', priority: 5, handle: 9 } as const;
    world.inside(() => {
      const link = world.object.program('rich_tc').attachTc({ ...place, via }) as TcNetlinkLink;
      expect(() => link.pin('/sys/fs/bpf/none')).toThrow(
        expect.objectContaining({ name: 'NotSupportedError' }),
      );
      link.keep();
      link.close();
      const found = TcNetlinkLink.open(place);
      expect(found.info().programId).toBe(world.object.program('rich_tc').id);
      found.detach();
      expect(found.info().attached).toBe(false);
    });
  });
});
