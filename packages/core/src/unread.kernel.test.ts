import { nothingUnread, parseServiceSpec } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createNodeFixture, type NodeFixture } from '../test/node-fixture.ts';

describeKernel('a start while not all backends of a service are known', () => {
  let fixture: NodeFixture;
  beforeAll(() => {
    fixture = createNodeFixture('core-unread');
  });
  afterAll(() => fixture[Symbol.dispose]());

  it('keeps those that were found where they were: on this node or elsewhere', () => {
    const [here, there] = ['192.0.2.20', '192.0.2.21'];
    const web = parseServiceSpec({
      name: 'web',
      frontends: ['198.51.100.1:80/TCP'],
      backends: [
        { address: here, port: 80, node: 'local' },
        { address: there, port: 80, node: 'other' },
      ],
    });
    const before = fixture.start();
    expect(before.apply([web])).toMatchObject({ failed: [], refused: [] });
    before.close();
    const lb = fixture.start();
    lb.setUnread({ unclaimed: false, services: new Set(['web']) });
    expect(lb.apply([{ ...web, backends: [] }])).toMatchObject({ writes: 0, kept: 1 });
    expect([here, there].map(fixture.backendFlags)).toEqual([1, 0]);
    lb.setUnread(nothingUnread);
    expect(lb.sync()).toMatchObject({ kept: 0, failed: [] });
    expect(fixture.backendFlags(here)).toBeUndefined();
  });
});
