import { type AnyLayout, EVENT_LISTENERS, flowCatalog, LbxEventStats, REASON_COUNT } from '@lbx/maps';
import { describeKernel } from '@lbx/testing';
import { BpfMap } from 'libbpf-ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EventMaps, eventMapsOf } from './event-maps.ts';
import { eventWishes } from './event-wishes.ts';
import { openListener, refreshEventRules } from './listener.ts';

const NEW_FLOW = 16;
const TTL = 75;

function createMap({ name, type, key, valueSize, maxEntries }: AnyLayout): BpfMap {
  return BpfMap.create({ name, type, keySize: key.size, valueSize, maxEntries });
}

describeKernel('a listener', () => {
  let byName: Map<string, BpfMap>;
  let maps: EventMaps;
  beforeEach(() => {
    const rings = BpfMap.create({
      name: 'lbx_events',
      type: 'hash_of_maps',
      keySize: 4,
      valueSize: 4,
      maxEntries: EVENT_LISTENERS,
      innerSpec: { type: 'ringbuf', keySize: 0, valueSize: 0, maxEntries: 4096 },
    });
    const { lbx_event_rules, lbx_event_listeners, lbx_event_stats } = flowCatalog;
    byName = new Map([['lbx_events', rings]]);
    for (const layout of [lbx_event_rules, lbx_event_listeners, lbx_event_stats] as AnyLayout[])
      byName.set(layout.name, createMap(layout));
    maps = eventMapsOf(byName);
  });
  afterEach(() => {
    for (const map of byName.values()) map.close();
  });

  const listen = (...reasons: ('note_new_flow' | 'drop_ttl')[]) =>
    openListener(maps, eventWishes({ reasons }), 4096);
  const rule = (reason: number) => maps.rules.get({ reason })!.listeners;
  const until = (listener: number) => maps.listeners.get({ listener })!.until;
  const slotsTaken = () => [...maps.rings.keys()].map((key) => key[0]).sort();
  const setLost = (slot: number, reason: number, lost: bigint) => {
    const value = new Uint8Array(maps.stats.valueBytes);
    value.set(LbxEventStats.encode({ seen: lost, lost }));
    maps.stats.set(flowCatalog.lbx_event_stats.key.encode({ place: slot * REASON_COUNT + reason }), value);
  };

  it('has a place of its own, and rules that are no more than what all of them want', () => {
    const one = listen('note_new_flow');
    const two = listen('note_new_flow', 'drop_ttl');
    expect([rule(NEW_FLOW), rule(TTL)]).toEqual([0b11, 0b10]);
    one.close();
    expect([rule(NEW_FLOW), rule(TTL)]).toEqual([0b10, 0b10]);
    const three = listen('drop_ttl');
    expect([rule(NEW_FLOW), rule(TTL)]).toEqual([0b10, 0b11]);
    three.close();
    two.close();
    expect([rule(NEW_FLOW), rule(TTL)]).toEqual([0, 0]);
    expect(slotsTaken()).toEqual([]);
  });

  it('moves its time on, and puts right what others have written over', () => {
    const listener = listen('drop_ttl');
    const first = until(0);
    expect(first).toBeGreaterThan(process.hrtime.bigint());
    maps.rules.set({ reason: TTL }, { listeners: 0 });
    maps.rules.set({ reason: NEW_FLOW }, { listeners: 0xff });
    listener.renew();
    expect(until(0)).toBeGreaterThan(first);
    expect([rule(NEW_FLOW), rule(TTL)]).toEqual([0, 1]);
    listener.close();
    expect(until(0)).toBe(0n);
  });

  it('takes another place when its own was taken for dead, and goes on counting', () => {
    const stopped = listen('drop_ttl');
    setLost(0, TTL, 3n);
    stopped.renew();
    maps.listeners.set({ listener: 0 }, { ...maps.listeners.get({ listener: 0 })!, until: 1n });
    const others = Array.from({ length: EVENT_LISTENERS }, () => listen('note_new_flow'));
    expect(slotsTaken()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(() => stopped.renew()).toThrow(expect.objectContaining({ code: 'LBX_EVENTS_BUSY' }));
    others[5]!.close();
    stopped.renew();
    expect(rule(TTL)).toBe(1 << 6);
    setLost(6, TTL, 4n);
    expect(stopped.lost()).toBe(7);
    // Its first place is somebody else's now.
    for (const other of others) other.close();
    expect(slotsTaken()).toEqual([6]);
    stopped.close();
    expect(slotsTaken()).toEqual([]);
  });

  it('begins with counters of its own', () => {
    setLost(0, TTL, 9n);
    const listener = listen('drop_ttl');
    expect(listener.lost()).toBe(0);
    setLost(0, TTL, 2n);
    setLost(0, NEW_FLOW, 5n); // of a reason that it does not want
    expect(listener.lost()).toBe(2);
    listener.close();
  });

  it('that was killed leaves rules that anybody can clear', () => {
    const killed = listen('drop_ttl');
    const { ring } = killed;
    maps.listeners.set({ listener: 0 }, { ...maps.listeners.get({ listener: 0 })!, until: 1n });
    expect(rule(TTL)).toBe(1);
    refreshEventRules(maps);
    expect(rule(TTL)).toBe(0);
    ring.close();
  });
});
