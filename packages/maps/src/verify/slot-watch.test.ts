import { describe, expect, it } from 'vitest';
import type { Protocol } from '../model/protocol.ts';
import { createSlotWatch } from './slot-watch.ts';

const services = 'lb4_services_v2';
const backends = 'lb4_backends_v3';
const key = (backendSlot: number) => ({
  address: '198.51.100.1',
  dport: 80,
  backendSlot,
  proto: 6,
  scope: 0,
});
const name = `198.51.100.1:80/${'TCP' satisfies Protocol}`;

describe('createSlotWatch', () => {
  it('tells while a slot within the count is missing, or names a backend that is', () => {
    const watch = createSlotWatch();
    watch.set(services, key(0), { count: 1 });
    expect(watch.problems()).toEqual([`${name}: slot 1 of 1 is missing`]);
    watch.set(services, key(1), { backendId: 7 });
    expect(watch.problems()).toEqual([`${name}: slot 1 of 1 names backend 7, which is missing`]);
    watch.set('lb6_backends_v3', { backendId: 7 }, {});
    expect(watch.problems()).toHaveLength(1);
    watch.set(backends, { backendId: 7 }, {});
    expect(watch.problems()).toEqual([]);
    watch.set(services, key(0), { count: 0 });
    watch.delete(backends, { backendId: 7 });
    expect(watch.problems()).toEqual([]);
    watch.set(services, key(0), { count: 1 });
    watch.delete(services, key(0));
    expect(watch.problems()).toEqual([]);
  });

  it('looks at slots beyond the count only when asked', () => {
    for (const every of [false, true]) {
      const watch = createSlotWatch({ every });
      watch.set(services, key(2), { backendId: 7 });
      expect(watch.problems()).toHaveLength(every ? 1 : 0);
      watch.delete(services, key(2));
      expect(watch.problems()).toEqual([]);
    }
  });

  it('looks at every backend of a Maglev table', () => {
    const watch = createSlotWatch();
    for (const backendId of [1, 2]) watch.set(backends, { backendId }, {});
    watch.set('lb4_maglev', { revNatId: 5 }, Uint32Array.of(1, 2, 1));
    expect(watch.problems()).toEqual([]);
    watch.delete(backends, { backendId: 2 });
    expect(watch.problems()).toEqual(['lb4_maglev 5: slot 2 of 2 names backend 2, which is missing']);
    watch.set('lb4_maglev', { revNatId: 5 }, Uint32Array.of(1, 1, 1));
    expect(watch.problems()).toEqual([]);
  });
});
