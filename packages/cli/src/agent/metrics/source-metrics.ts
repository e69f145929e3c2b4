import type { SourceStatus } from '@lbx/k8s-sync';
import { type Metric, type MetricSources, only, type Sample } from './metric.ts';

/** A source, or each kind of object of an API server. */
function parts({ source }: MetricSources): readonly SourceStatus[] {
  const status = source.status();
  return status.parts.length === 0 ? [status] : status.parts;
}

/** What only parts of an API server have. */
type KindPart = SourceStatus & {
  readonly kind?: string;
  readonly connected?: boolean;
  readonly relists?: number;
  readonly reconnects?: number;
  readonly failures?: number;
  readonly lastBookmarkAt?: number | undefined;
};

const perPart = (sources: MetricSources, value: (part: KindPart) => number | undefined): Sample[] =>
  parts(sources).flatMap((part: KindPart) => {
    const found = value(part);
    return found === undefined ? [] : [{ labels: { part: part.kind ?? 'all' }, value: found }];
  });

const latest = (...times: (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

/** Where services come from, and whether it still tells. */
export const sourceMetrics: readonly Metric[] = [
  {
    name: 'lbx_source_synced',
    type: 'gauge',
    help: '1 when everything that there was at the start has been told; until then nothing is written',
    labels: ['part'],
    read: (sources) => perPart(sources, ({ synced }) => (synced ? 1 : 0)),
  },
  {
    name: 'lbx_source_objects',
    type: 'gauge',
    help: 'Objects that exist as far as is known',
    labels: ['part'],
    read: (sources) => perPart(sources, ({ objects }) => objects),
  },
  {
    name: 'lbx_source_pending_events',
    type: 'gauge',
    help: 'Events that wait for the agent',
    read: ({ source }) => only(source.status().pending),
  },
  {
    name: 'lbx_source_silence_seconds',
    type: 'gauge',
    help: 'Since the API server was last heard of: by a change or a bookmark, which comes about once a minute',
    labels: ['part'],
    read: (sources) =>
      perPart(sources, ({ lastEventAt, lastBookmarkAt }) => {
        const at = latest(lastEventAt, lastBookmarkAt);
        return at === undefined ? undefined : Math.max(0, (Date.now() - at) / 1000);
      }),
  },
  {
    name: 'lbx_watch_connected',
    type: 'gauge',
    help: '1 while a watch is open',
    labels: ['part'],
    read: (sources) =>
      perPart(sources, ({ connected }) => (connected === undefined ? undefined : Number(connected))),
  },
  {
    name: 'lbx_watch_reconnects_total',
    type: 'counter',
    help: 'Watches after the first one; each ends after 5 to 10 minutes by itself',
    labels: ['part'],
    read: (sources) => perPart(sources, ({ reconnects }) => reconnects),
  },
  {
    name: 'lbx_watch_relists_total',
    type: 'counter',
    help: 'Lists after the first one',
    labels: ['part'],
    read: (sources) => perPart(sources, ({ relists }) => relists),
  },
  {
    name: 'lbx_watch_failures_total',
    type: 'counter',
    help: 'Requests that failed',
    labels: ['part'],
    read: (sources) => perPart(sources, ({ failures }) => failures),
  },
  {
    name: 'lbx_source_events_total',
    type: 'counter',
    help: 'Events of objects',
    read: ({ translator }) => only(translator.work().events),
  },
  {
    name: 'lbx_object_problems',
    type: 'gauge',
    help: 'Objects, or parts of them, that cannot be used',
    read: ({ translator }) => only(translator.problems().length),
  },
];
