import { nothingUnread, type Unread } from '@lbx/maps';
import { expect, it } from 'vitest';
import { createUnreadObjects } from './unread-objects.ts';

it('says what must stay when that changes, and names the objects as long as something stays', () => {
  const told: Unread[] = [];
  const unread = createUnreadObjects({ setUnread: (now) => void told.push(now) });
  const nothing = { owners: [], services: new Set<string>(), slices: [] };
  unread.look(nothing);
  expect(told).toEqual([]);
  const slices = Array.from({ length: 6 }, (_, i) => `EndpointSlice default/db-${i}`);
  const some = { owners: ['Service default/web'], services: new Set(['default/db']), slices };
  unread.look(some);
  unread.look({ ...some });
  expect(told.splice(0)).toEqual([{ unclaimed: true, services: some.services }]);
  expect(unread.problems({ kept: 0 })).toEqual([]);
  expect(unread.problems({ kept: 3 })).toMatchObject([
    {
      code: 'LBX_KEPT_UNREAD',
      message: expect.stringMatching(/^3 frontends .*Service default\/web, .*db-3 and 2 more cannot be read/),
    },
  ]);
  unread.look(nothing);
  expect(told).toEqual([nothingUnread]);
});
