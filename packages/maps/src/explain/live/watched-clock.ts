import { type Clock, createClock } from '../../packet/clock.ts';
import type { FlowClock } from './live-state.ts';

/** Any time that the wrap-around of jiffies is far from. */
const base = 2 ** 40;

/** A clock that stands, and knows whether an answer hung by less than it may be wrong. */
export interface WatchedClock {
  readonly clock: Clock;
  wasClose(): boolean;
}

/** Without a time nothing is ever too old; what programs look up again each second they do. */
export function watchClock(time: FlowClock | undefined, hz: number): WatchedClock {
  let close = false;
  const isOlder = (age: number, limit: number): boolean => {
    if (limit <= hz) return age > limit;
    if (time === undefined) return false;
    if (Math.abs(age - limit) <= time.errorSeconds * hz) close = true;
    return age > limit;
  };
  const clock = { ...createClock(base + (time?.jiffies ?? 0), time?.seconds ?? 0, hz), isOlder };
  return { clock, wasClose: () => close };
}
