import type { SourceEvent } from '../sources/source-event.ts';

/** Which events come late. */
export interface LateSource {
  readonly name: string;
  readonly isLate: (event: SourceEvent, index: number) => boolean;
}

const isKind = (event: SourceEvent, kind: string) => event.type === 'upsert' && event.kind === kind;
const isSlice = (event: SourceEvent, addressType: string) =>
  event.type === 'upsert' && (event.object as { addressType?: unknown }).addressType === addressType;

/** The ways in which the first list after a restart may be incomplete for a while. */
export const lateSources: readonly LateSource[] = [
  { name: 'Services', isLate: (event) => isKind(event, 'Service') },
  { name: 'EndpointSlices', isLate: (event) => isKind(event, 'EndpointSlice') },
  { name: 'the Node', isLate: (event) => isKind(event, 'Node') },
  { name: 'Pods', isLate: (event) => isKind(event, 'Pod') },
  { name: 'slices of IPv4', isLate: (event) => isSlice(event, 'IPv4') },
  { name: 'slices of IPv6', isLate: (event) => isSlice(event, 'IPv6') },
  { name: 'every second object', isLate: (_, index) => index % 2 === 1 },
  { name: 'everything', isLate: () => true },
];
