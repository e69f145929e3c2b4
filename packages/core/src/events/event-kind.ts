import { type Reason, type ReasonName, reasons } from '@lbx/maps';

/**
 * What an event is about: `new` a flow got its backend, `note` something else worth knowing about a packet that goes its
 * way, `pass` a packet was handed to the kernel although it looked like ours, `drop` it was dropped, `reject` it was
 * dropped and its sender told by ICMP.
 */
export type EventKind = 'new' | 'note' | 'pass' | 'drop' | 'reject';

/** All kinds. */
export const eventKinds: readonly EventKind[] = ['new', 'note', 'pass', 'drop', 'reject'];

/** Notes that are taken where the packet is out of sight: counted only. */
const countedOnly: ReadonlySet<ReasonName> = new Set([
  'note_maglev_missing',
  'note_snat_scan_limited',
  'note_flow_evicted',
]);

/** Kinds that events with a reason can be of; none for what is counted only, such as packets on the fast path. */
export function eventKindsOf({ name, kind }: Pick<Reason, 'name' | 'kind'>): readonly EventKind[] {
  if (kind === 'sent' || countedOnly.has(name)) return [];
  if (name === 'note_new_flow') return ['new'];
  return kind === 'drop' ? ['drop', 'reject'] : [kind];
}

/** Reasons that events can be had of, by name. */
export const eventReasons: ReadonlyMap<ReasonName, Reason> = new Map(
  reasons.filter((reason) => eventKindsOf(reason).length > 0).map((reason) => [reason.name, reason]),
);
