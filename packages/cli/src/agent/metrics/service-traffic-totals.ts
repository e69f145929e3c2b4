import type { ServiceTraffic } from '@lbx/core';

/** Packets or bytes, as clients asked and were answered. */
export interface TrafficTotal {
  requestPackets: number;
  requestBytes: number;
  replyPackets: number;
  replyBytes: number;
}

/** Under this name those are that have no name of their own. */
const otherServices = '(other)';

/**
 * Sums of traffic by service. The first `most` services that have any keep their names; all others are one. Sums never go
 * down, also when services go or begin anew.
 */
export function createTrafficTotals(most: number) {
  const totals = new Map<string, TrafficTotal>();
  let seen = new Map<string, TrafficTotal>();
  return {
    /** Takes what was read now, and gives all sums. */
    add(traffic: readonly ServiceTraffic[]): ReadonlyMap<string, TrafficTotal> {
      const now = new Map<string, TrafficTotal>();
      for (const { service, frontend, id, requests, replies } of traffic) {
        const count = {
          requestPackets: requests.packets,
          requestBytes: requests.bytes,
          replyPackets: replies.packets,
          replyBytes: replies.bytes,
        };
        const key = `${id} ${frontend}`;
        now.set(key, count);
        const name = totals.has(service) || named() < most ? service : otherServices;
        const total = totals.get(name) ?? {
          requestPackets: 0,
          requestBytes: 0,
          replyPackets: 0,
          replyBytes: 0,
        };
        const before = seen.get(key);
        for (const of of Object.keys(count) as (keyof TrafficTotal)[]) {
          const more = count[of] - (before?.[of] ?? 0);
          // Fewer than before: the counter was emptied, and counts from nothing.
          total[of] += more < 0 ? count[of] : more;
        }
        totals.set(name, total);
      }
      seen = now;
      return totals;
    },
  };

  function named(): number {
    return totals.size - (totals.has(otherServices) ? 1 : 0);
  }
}
