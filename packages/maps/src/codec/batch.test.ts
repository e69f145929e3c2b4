import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '../catalog.ts';
import { createBatch, decodeEntries } from './batch.ts';
import { toHex } from './bytes.ts';

const layout = catalog.lb4_services_v2;
const key = (backendSlot: number) => ({
  address: '198.51.100.1',
  dport: 80,
  backendSlot,
  proto: 6,
  scope: 0,
});
const tail = { count: 0, revNatIndex: 1, flags: 0x60, flags2: 0, qcount: 0 };

describe('batch', () => {
  it('lays entries back to back, and reads them back', () => {
    const batch = createBatch(layout, 3);
    batch.push(key(0), { ...tail, affinityTimeout: { seconds: 1, algorithm: 2 }, count: 1 });
    batch.push(key(1), { ...tail, backendId: 7 });
    expect([batch.count, batch.isFull, batch.keys.length, batch.values.length]).toEqual([2, false, 36, 36]);
    expect(toHex(batch.keys)).toBe(`c63364010050000006000000c63364010050010006000000${'00'.repeat(12)}`);
    expect(toHex(batch.values)).toBe(`010000020100000160000000070000000000000160000000${'00'.repeat(12)}`);
    expect([...decodeEntries(layout, batch.keys, batch.values, batch.count)]).toEqual([
      [key(0), { ...tail, affinityTimeout: { seconds: 1, algorithm: 2 }, count: 1 }],
      [key(1), { ...tail, backendId: 7 }],
    ]);
  });
  it('a value that does not fit leaves it as it was', () => {
    const batch = createBatch(layout, 1);
    expect(() => batch.push(key(1), { ...tail, backendId: -1 })).toThrow('lb4_service.backendId: -1');
    expect(() => batch.push({ ...key(1), dport: -1 }, { ...tail, backendId: 1 })).toThrow(
      'lb4_key.dport: -1',
    );
    expect(batch.count).toBe(0);
    batch.pushKey(key(2));
    expect(() => batch.pushKey(key(3))).toThrow(expect.objectContaining({ code: 'LBX_BATCH_FULL' }));
    expect(() => batch.push(key(3), { ...tail, backendId: 1 })).toThrow(/holds 1 entries/);
  });
  it('holds the same after clear() as a new one, whatever was in it', () => {
    const affinity = catalog.lb6_affinity;
    const keys = fc.oneof(
      fc.record({ clientIp: fc.ipV6(), revNatId: fc.nat(65535), netnsCookie: fc.constant(false) }),
      fc.record({
        clientCookie: fc.bigInt(0n, 2n ** 64n - 1n),
        revNatId: fc.nat(65535),
        netnsCookie: fc.constant(true),
      }),
    );
    const used = createBatch(affinity, 4);
    const value = { lastUsed: 1n, backendId: 2 };
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 4 }), (list) => {
        const fresh = createBatch(affinity, 4);
        used.clear();
        for (const one of list) {
          used.push(one, value);
          fresh.push(one, value);
        }
        const length = list.length * affinity.key.size;
        expect(used.keys.subarray(0, length)).toEqual(fresh.keys.subarray(0, length));
      }),
    );
  });
  it('is not for maps of maps', () => {
    expect(() => createBatch(catalog.lb4_maglev, 1)).toThrow(/map of maps/);
  });
});
