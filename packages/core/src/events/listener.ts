import { EVENT_LISTENERS, flowCatalog, type LbxEventListener, LbxEventStats, REASON_COUNT } from '@lbx/maps';
import { BpfMap } from 'libbpf-ts';
import { CoreError } from '../errors.ts';
import type { EventMaps } from './event-maps.ts';
import type { EventWishes } from './event-wishes.ts';
import type { ServiceFilter } from './service-filter.ts';

/** How long a listener that does not renew is still told of packets: longer than a busy machine keeps one waiting. */
const leaseNs = 15_000_000_000n;

/** How often it should renew. */
export const renewMs = 1000;

/** A place among those who are told of packets, with a ring buffer of its own. */
export interface Listener {
  readonly ring: BpfMap;
  /** Keeps the place for another few seconds, and what is wanted in force. Again and again, each `renewMs`. */
  renew(): void;
  /** Records that the ring had no room for, since the listener began. */
  lost(): number;
  /** Gives the place back, and lets the programs no longer look for it. */
  close(): void;
}

const now = () => process.hrtime.bigint();
const slotKey = (slot: number) => Uint8Array.of(slot, 0, 0, 0);

/**
 * Takes a place. Listeners of several processes do not know each other, and may be killed at any moment: a place is a
 * key of `lbx_events`, taken by an insertion that fails when it is there, and held by a time that is moved on.
 * @param services - of which services, where not of all.
 * @throws CoreError `LBX_EVENTS_BUSY` when all places are taken by listeners that are alive.
 */
export function openListener(
  maps: EventMaps,
  wishes: EventWishes,
  ringBytes: number,
  services?: ServiceFilter,
): Listener {
  const ring = BpfMap.create({
    name: 'lbx_events',
    type: 'ringbuf',
    keySize: 0,
    valueSize: 0,
    maxEntries: ringBytes,
  });
  let slot: number;
  try {
    slot = takeSlot(maps, ring);
    listen(maps, slot, wishes, services);
  } catch (error) {
    ring.close();
    throw error;
  }
  /** Lost in places that were held before, and in this one when it was looked at. */
  let lostBefore = 0;
  let lostHere = 0;
  const lost = () => {
    if (holds(maps, slot, ring)) lostHere = lostOf(maps, slot, wishes);
    return lostBefore + lostHere;
  };
  return {
    ring,
    renew() {
      if (holds(maps, slot, ring)) {
        lost();
        writeListener(maps, slot, wishes, services);
        return;
      }
      // Taken by someone who found it unused, which is to say that this process was stopped for long.
      slot = takeSlot(maps, ring);
      lostBefore += lostHere;
      lostHere = 0;
      listen(maps, slot, wishes, services);
    },
    lost,
    close() {
      try {
        if (holds(maps, slot, ring)) leave(maps, slot, services);
      } finally {
        ring.close();
      }
    },
  };
}

/** Makes the rules say what the listeners that are alive want, no more: after one of them was killed. */
export function refreshEventRules(maps: EventMaps): void {
  // Others may do the same at this moment. Whoever wrote last has looked at the listeners after that, and found them so.
  for (let attempt = 0; attempt < 10; attempt++) if (writeRules(maps) === 0) return;
}

function takeSlot(maps: EventMaps, ring: BpfMap): number {
  for (let round = 0; round < 2; round++) {
    for (let slot = 0; slot < EVENT_LISTENERS; slot++) {
      const place = maps.rings;
      try {
        const fd = new Uint8Array(4);
        new DataView(fd.buffer).setUint32(0, ring.fd, true);
        place.set(slotKey(slot), fd, 'noexist');
        return slot;
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
      }
    }
    for (let slot = 0; slot < EVENT_LISTENERS; slot++)
      if (isExpired(maps.listeners.get({ listener: slot }))) maps.rings.delete(slotKey(slot));
  }
  throw new CoreError(
    'LBX_EVENTS_BUSY',
    `events are already read by ${EVENT_LISTENERS} listeners, the most that there can be; end one of them (lbx monitor)`,
    { listeners: EVENT_LISTENERS },
  );
}

const isExpired = (listener: LbxEventListener | undefined) =>
  listener === undefined || listener.until <= now();

function holds(maps: EventMaps, slot: number, ring: BpfMap): boolean {
  const id = maps.rings.get(slotKey(slot));
  return id !== undefined && new DataView(id.buffer, id.byteOffset).getUint32(0, true) === ring.id;
}

function listen(maps: EventMaps, slot: number, wishes: EventWishes, services?: ServiceFilter): void {
  clearStats(maps, slot);
  services?.clear(slot);
  writeListener(maps, slot, wishes, services);
}

/** Services first: nothing is to come that is not wanted. */
function writeListener(maps: EventMaps, slot: number, wishes: EventWishes, services?: ServiceFilter): void {
  const until = now() + leaseNs;
  services?.write(slot, until);
  maps.listeners.set({ listener: slot }, { ...wishes, until });
  refreshEventRules(maps);
}

function leave(maps: EventMaps, slot: number, services?: ServiceFilter): void {
  const silent = { until: 0n, address: '::', mask: '::', oneIn: new Array<number>(REASON_COUNT).fill(0) };
  maps.listeners.set({ listener: slot }, silent);
  services?.clear(slot);
  maps.rings.delete(slotKey(slot));
  refreshEventRules(maps);
}

/** The number of rules that were not what the listeners want. */
function writeRules({ rules, listeners }: EventMaps): number {
  const bits = new Array<number>(REASON_COUNT).fill(0);
  for (const [{ listener }, wants] of listeners.entries()) {
    if (isExpired(wants)) continue;
    wants.oneIn.forEach((one, reason) => {
      if (one > 0) bits[reason]! |= 1 << listener;
    });
  }
  const wrong = [...rules.entries()].filter(([{ reason }, rule]) => rule.listeners !== bits[reason]);
  for (const [{ reason }] of wrong) rules.set({ reason }, { listeners: bits[reason]! });
  return wrong.length;
}

const statsKey = (slot: number, reason: number) =>
  flowCatalog.lbx_event_stats.key.encode({ place: slot * REASON_COUNT + reason });

function clearStats({ stats }: EventMaps, slot: number): void {
  const zeroes = new Uint8Array(stats.valueBytes);
  for (let reason = 0; reason < REASON_COUNT; reason++) stats.set(statsKey(slot, reason), zeroes);
}

function lostOf({ stats }: EventMaps, slot: number, { oneIn }: EventWishes): number {
  let lost = 0n;
  oneIn.forEach((one, reason) => {
    if (one === 0) return;
    for (const value of stats.perCpu(statsKey(slot, reason)) ?? []) lost += LbxEventStats.decode(value).lost;
  });
  return Number(lost);
}
