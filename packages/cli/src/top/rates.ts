import type { PinnedTraffic, TrafficCount } from '@lbx/core';

/** What rows are about. */
export const subjects = ['frontend', 'service', 'backend'] as const;
export type Subject = (typeof subjects)[number];

/** What rows are sorted by. */
export const sortings = ['packets', 'bytes', 'in', 'out', 'name'] as const;
export type Sorting = (typeof sortings)[number];

/** Of a second. */
interface Rate {
  readonly packets: number;
  readonly bytes: number;
}

/** What one frontend, service or backend carried in a second. */
export interface TrafficRate extends Rate {
  /** "198.51.100.1:80/TCP", "shop/web"; the name of a frontend for services that nobody has a name for. */
  readonly name: string;
  /** Of a frontend, where somebody knows it. */
  readonly service?: string;
  /** From clients and to them. */
  readonly in: Rate;
  readonly out: Rate;
}

/** Rates between two readings. */
export interface Rates {
  readonly seconds: number;
  readonly by: Subject;
  readonly rows: readonly TrafficRate[];
  /** Of all services together. */
  readonly newFlows: number;
  readonly drops: number;
}

export interface RatesOptions {
  readonly by: Subject;
  readonly sort: Sorting;
  readonly serviceOf: (frontend: string) => string | undefined;
}

/** Rates of everything that carried anything. Counters that went back have begun anew: they count from zero. */
export function ratesBetween(
  before: PinnedTraffic,
  after: PinnedTraffic,
  seconds: number,
  { by, sort, serviceOf }: RatesOptions,
): Rates {
  const list = by === 'backend' ? 'backends' : 'frontends';
  const earlier = new Map(before[list].map((one) => [one.name, one]));
  const since = (now: number, then = 0) => (now >= then ? now - then : now) / seconds;
  const rateOf = (now: TrafficCount, way: 'requests' | 'replies'): Rate => {
    const then = earlier.get(now.name)?.[way];
    return { packets: since(now[way].packets, then?.packets), bytes: since(now[way].bytes, then?.bytes) };
  };
  const rows = after[list].map((now): TrafficRate => {
    const [incoming, outgoing] = [rateOf(now, 'requests'), rateOf(now, 'replies')];
    const service = by === 'backend' ? undefined : serviceOf(now.name);
    return {
      name: now.name,
      ...(service === undefined ? {} : { service }),
      in: incoming,
      out: outgoing,
      ...sum(incoming, outgoing),
    };
  });
  const counted = (counters: PinnedTraffic['counters'], prefix: string) =>
    Object.entries(counters).reduce(
      (total, [name, count]) => total + (name.startsWith(prefix) ? (count?.packets ?? 0) : 0),
      0,
    );
  const rate = (prefix: string) => since(counted(after.counters, prefix), counted(before.counters, prefix));
  const all = by === 'service' ? byService(rows) : rows;
  return {
    seconds,
    by,
    rows: all.filter(({ packets }) => packets > 0).sort(order[sort]),
    newFlows: rate('note_new_flow'),
    drops: rate('drop_'),
  };
}

const order: Readonly<Record<Sorting, (a: TrafficRate, b: TrafficRate) => number>> = {
  packets: (a, b) => b.packets - a.packets,
  bytes: (a, b) => b.bytes - a.bytes,
  in: (a, b) => b.in.packets - a.in.packets,
  out: (a, b) => b.out.packets - a.out.packets,
  name: (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1),
};

const nameOf = ({ service, name }: TrafficRate) => `${service ?? ''} ${name}`;

const sum = (a: Rate, b: Rate): Rate => ({ packets: a.packets + b.packets, bytes: a.bytes + b.bytes });

function byService(rows: readonly TrafficRate[]): TrafficRate[] {
  const services = new Map<string, TrafficRate>();
  for (const row of rows) {
    const name = row.service ?? row.name;
    const before = services.get(name);
    const { service: _, ...rest } = row;
    services.set(
      name,
      before === undefined
        ? { ...rest, name }
        : { name, in: sum(before.in, row.in), out: sum(before.out, row.out), ...sum(before, row) },
    );
  }
  return [...services.values()];
}
