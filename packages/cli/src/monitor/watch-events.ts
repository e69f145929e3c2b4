import type { DatapathEvent, DatapathEvents } from '@lbx/core';
import type { ServiceNames } from '../names/service-names.ts';
import { json } from '../output/output.ts';
import type { Streams } from '../output/streams.ts';
import { openDeviceNames } from './device-names.ts';
import { eventLine } from './event-line.ts';
import { createEventCount } from './event-summary.ts';
import { summaryLine, summaryLines } from './summary-lines.ts';

export interface WatchOptions {
  readonly isWanted: (event: DatapathEvent) => boolean;
  readonly names: Pick<ServiceNames, 'serviceOf'>;
  /** Ends after so many. */
  readonly count?: number;
  /** Only the sums, at the end. */
  readonly summary?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
}

const lostEachMs = 1000;

/** Shows events as they come; at the end what they were in all. */
export async function watchEvents(
  events: DatapathEvents,
  { isWanted, names, count = Number.POSITIVE_INFINITY, summary, verbose = false, json: asJson }: WatchOptions,
  streams: Pick<Streams, 'out' | 'err'>,
): Promise<void> {
  using devices = openDeviceNames();
  const counted = createEventCount();
  const began = performance.now();
  let told = 0;
  const tellLost = () => {
    const { lost } = events;
    if (lost > told)
      streams.err(
        `${lost - told} events lost: they came faster than they could be read (--reason, --service, --client or --sample make them fewer in the kernel)`,
      );
    told = lost;
  };
  const timer = setInterval(tellLost, lostEachMs);
  try {
    for await (const event of events) {
      if (!isWanted(event)) continue;
      const name = event.service === undefined ? undefined : names.serviceOf(event.service);
      counted.add(event, name ?? event.service);
      if (!summary) {
        const device = devices.nameOf(event.ifindex);
        streams.out(
          asJson
            ? json({
                ...event,
                ...(device === undefined ? {} : { device }),
                ...(name === undefined ? {} : { serviceName: name }),
              })
            : eventLine(event, { deviceName: devices.nameOf, serviceOf: names.serviceOf, verbose }),
        );
      }
      if (counted.events >= count) break;
    }
  } finally {
    clearInterval(timer);
    tellLost();
    const seconds = (performance.now() - began) / 1000;
    const sums = counted.summary();
    if (!summary) streams.err(summaryLine(sums, seconds, told));
    else if (asJson) streams.out(json({ seconds, lost: told, ...sums }));
    else streams.out(summaryLines(sums, seconds, told));
  }
}
