import { reasonAdvice } from '@lbx/maps';
import { table } from '../output/output.ts';
import type { Counted, EventSummary } from './event-summary.ts';

/** One line, for below the events: "7 events in 12.0 s: 5 drop_wildcard, 2 note_new_flow; none lost". */
export function summaryLine({ events, reasons }: EventSummary, seconds: number, lost: number): string {
  const each = reasons.map(({ reason, kind, events: count }) => `${count} ${reasonText(reason, kind)}`);
  const what = each.length === 0 ? '' : `: ${each.join(', ')}`;
  return `${events} ${events === 1 ? 'event' : 'events'} in ${seconds.toFixed(1)} s${what}; ${lost === 0 ? 'none' : lost} lost`;
}

/** Instead of the events: what came, of whom, and what to do about it. */
export function summaryLines(summary: EventSummary, seconds: number, lost: number): string {
  const { reasons, events, packets } = summary;
  const counted = packets === events ? '' : ` (for ${packets} packets)`;
  const head = `${events} ${events === 1 ? 'event' : 'events'}${counted} in ${seconds.toFixed(1)} s, ${lost === 0 ? 'none' : lost} lost`;
  if (reasons.length === 0) return head;
  const about = reasons.flatMap(({ reason, kind, doc }) => {
    const advice = reasonAdvice(reason);
    return [
      '',
      `${reasonText(reason, kind)}: ${doc}`,
      ...[advice?.cause, advice?.remedy].flatMap((text) => (text ? [`  ${text.replaceAll('`', '')}`] : [])),
    ];
  });
  return [
    head,
    '',
    table(
      ['packets', 'reason', 'services', 'clients'],
      reasons.map(({ reason, kind, packets: count, services, clients }) => [
        count,
        reasonText(reason, kind),
        counts(services),
        counts(clients),
      ]),
    ),
    ...about,
  ].join('\n');
}

const reasonText = (reason: string, kind: string) => (kind === 'reject' ? `${reason} (rejected)` : reason);

const counts = (names: readonly Counted[]): string =>
  names.length === 0 ? '-' : names.map(({ name, packets }) => `${name} ${packets}`).join(', ');
