import type { PinnedTraffic } from '@lbx/core';

/** What one frontend carried in a second, both ways. */
export interface ServiceRate {
  /** "198.51.100.1:80/TCP". */
  readonly frontend: string;
  readonly packets: number;
  readonly bytes: number;
}

/** Rates between two readings, the busiest first. */
export interface Rates {
  readonly seconds: number;
  readonly services: readonly ServiceRate[];
  /** Of all services together. */
  readonly newFlows: number;
  readonly drops: number;
}

/** Counters that went back have begun anew: they count from zero. */
export function ratesBetween(before: PinnedTraffic, after: PinnedTraffic, seconds: number): Rates {
  const earlier = new Map(before.frontends.map((one) => [one.name, one]));
  const since = (now: number, then = 0) => (now >= then ? now - then : now) / seconds;
  const services = after.frontends.map(({ name, requests, replies }): ServiceRate => {
    const then = earlier.get(name);
    return {
      frontend: name,
      packets:
        since(requests.packets, then?.requests.packets) + since(replies.packets, then?.replies.packets),
      bytes: since(requests.bytes, then?.requests.bytes) + since(replies.bytes, then?.replies.bytes),
    };
  });
  const counted = (counters: PinnedTraffic['counters'], prefix: string) =>
    Object.entries(counters).reduce(
      (sum, [name, count]) => sum + (name.startsWith(prefix) ? (count?.packets ?? 0) : 0),
      0,
    );
  const rate = (prefix: string) => since(counted(after.counters, prefix), counted(before.counters, prefix));
  return {
    seconds,
    services: services.filter(({ packets }) => packets > 0).sort((a, b) => b.packets - a.packets),
    newFlows: rate('note_new_flow'),
    drops: rate('drop_'),
  };
}
