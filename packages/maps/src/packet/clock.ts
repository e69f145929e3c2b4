/** The time of one packet. */
export interface Clock {
  /** Jiffies, from any beginning. */
  readonly now: number;
  /** Seconds since boot, whole: what session affinity counts in. */
  readonly seconds: number;
  readonly hz: number;
  /** How far beyond a limit a time is put that is to count as beyond it: one jiffy, or more where clocks are compared. */
  readonly beyond: number;
  /**
   * Is `age` more than `limit`? Every question about time goes through here, so that one who compares with a running
   * kernel can tell when an answer hangs by a jiffy.
   */
  isOlder(age: number, limit: number): boolean;
  /** The same about whole seconds: have `seconds` used up `limit`? */
  isOver(seconds: number, limit: number): boolean;
}

const isOlder = (age: number, limit: number) => age > limit;
const isOver = (seconds: number, limit: number) => seconds >= limit;

/** A clock that stands at a time. */
export function createClock(now: number, seconds: number, hz: number): Clock {
  return { now, seconds, hz, beyond: 1, isOlder, isOver };
}

/** Flows are looked over (age, route, other half) once in this many jiffies, not with every packet. */
function lookOverPeriod({ hz }: Clock): number {
  return Math.floor(hz / 4);
}

/** A `lastSeen` so long ago that the flow is looked over with its next packet. */
export function dueNow(clock: Clock): number {
  return clock.now - lookOverPeriod(clock) - clock.beyond;
}

/** A `checked` so long ago that the next packet asks. */
export function neverChecked(clock: Clock): number {
  return clock.now - clock.hz - clock.beyond;
}

export function isDue({ lastSeen }: { readonly lastSeen: number }, clock: Clock): boolean {
  return clock.isOlder(clock.now - lastSeen, lookOverPeriod(clock));
}

/** Is what was asked of the kernel, or of the service map, more than a second old? */
export function isStale({ checked }: { readonly checked: number }, clock: Clock): boolean {
  return clock.isOlder(clock.now - checked, clock.hz);
}
