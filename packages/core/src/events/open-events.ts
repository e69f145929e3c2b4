import { LbxEvent } from '@lbx/maps';
import { type BpfMap, RingBuffer } from 'libbpf-ts';
import { type DatapathEvent, readEvent } from './datapath-event.ts';
import { eventMapsOf } from './event-maps.ts';
import { createEventNames } from './event-names.ts';
import { type EventOptions, eventWishes, ringBytesOf } from './event-wishes.ts';
import { openListener, renewMs } from './listener.ts';
import { createServiceFilter, numberedFrontends } from './service-filter.ts';

/** Programs do not wake readers, so that a flood costs no interrupts: new records are looked for this often. */
const pollMs = 25;
/** Records that are copied out of the ring at a time; the others wait in it, and what it has no room for is counted. */
const highWaterMark = 256;

/**
 * Events as they come, from the moment they were asked for. Iterate it once; leaving the loop, `close()` or the signal ends
 * it, and the programs no longer tell. Without an end the process stays alive.
 */
export interface DatapathEvents extends AsyncIterableIterator<DatapathEvent, undefined>, Disposable {
  /** Events that there was no room for, because they came faster than they were read. */
  readonly lost: number;
  close(): void;
}

/** Whom the maps belong to. */
export interface EventSource {
  /** For errors: "what is pinned in …". */
  readonly place?: string;
  /** Called once, when the events end. */
  readonly release: () => void;
  /** Throws when the load balancer has gone away; asked every second. */
  readonly assertThere?: () => void;
}

/**
 * Begins to listen. Everything that can fail fails here.
 * @param maps - of the load balancer, by name.
 * @throws CoreError `LBX_BAD_OPTION`, `LBX_NO_EVENTS`, `LBX_EVENTS_BUSY`; what `signal` was aborted with.
 */
export function openEvents(
  maps: ReadonlyMap<string, BpfMap>,
  options: EventOptions,
  { release, place, assertThere = () => {} }: EventSource,
): DatapathEvents {
  const wishes = eventWishes(options);
  options.signal?.throwIfAborted();
  const eventMaps = eventMapsOf(maps, place);
  const filter =
    options.services && eventMaps.services
      ? createServiceFilter(eventMaps.services, options.services, numberedFrontends(maps))
      : undefined;
  const listener = openListener(eventMaps, wishes, ringBytesOf(options), filter);
  let ring: RingBuffer;
  try {
    ring = new RingBuffer(listener.ring, { pollMs, highWaterMark });
  } catch (error) {
    listener.close();
    throw error;
  }
  const names = createEventNames(maps);
  let failure: { readonly error: unknown } | undefined;
  let lost = 0;
  let open = true;

  const close = () => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    options.signal?.removeEventListener('abort', close);
    ring.close();
    try {
      lost = listener.lost();
      listener.close();
    } finally {
      release();
    }
  };
  const timer = setInterval(() => {
    names.forget();
    try {
      assertThere();
      listener.renew();
    } catch (error) {
      failure = { error };
      ring.close();
    }
  }, renewMs);
  timer.unref();
  options.signal?.addEventListener('abort', close, { once: true });

  const records = ring[Symbol.asyncIterator]();
  const ended = { done: true, value: undefined } as const;
  const next = async (): Promise<IteratorResult<DatapathEvent, undefined>> => {
    for (;;) {
      const { value: record, done } = await records.next();
      if (failure !== undefined) {
        close();
        throw failure.error;
      }
      if (done === true || record === undefined) return ended;
      const event = readEvent(LbxEvent.decode(record), names);
      // The programs know reasons, of which one may stand for two kinds.
      if (event !== undefined && (options.kinds?.includes(event.kind) ?? true))
        return { done: false, value: event };
    }
  };
  return {
    get lost() {
      return open ? listener.lost() : lost;
    },
    next,
    async return() {
      close();
      return ended;
    },
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
