import { createNetns, describeKernel } from '@lbx/testing';
import { expect, test } from 'vitest';
import { objectPath } from '../../test/link-world.ts';
import { load } from '../object/load.ts';
import { listLinks } from './list-links.ts';

describeKernel('network namespace links', () => {
  test('attached to a namespace by its path, until it is closed or the namespace goes', () => {
    using object = load(objectPath('lookup'));
    const netns = createNetns('sk-lookup');
    try {
      const program = object.program('lookup');
      using link = program.attachNetns({ path: netns.path });
      expect(link.info()).toMatchObject({
        kind: 'netns',
        programId: program.id,
        attachType: 'sk_lookup',
        attached: true,
      });
      expect(listLinks({ kind: 'netns', programId: program.id })).toEqual([link.info()]);
      link.detach();
      expect(link.info()).toMatchObject({ attached: false, netnsInode: 0 });
    } finally {
      netns.close();
    }
  });

  test('a program of another kind is refused', () => {
    using object = load(objectPath('pinned'), { maps: { pinned_counts: { pin: false } } });
    expect(() => object.program('pinned_xdp').attachNetns({ path: '/proc/self/ns/net' })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(EINVAL|LBX_UNKNOWN_TYPE)$/) }),
    );
  });
});
