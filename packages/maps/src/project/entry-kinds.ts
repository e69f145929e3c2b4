import type { Entry } from './entry.ts';

/** An entry of a backends map, of either family. */
export type BackendEntry = Entry<'lb4_backends_v3' | 'lb6_backends_v3'>;
export type ReverseNatEntry = Entry<'lb4_reverse_nat' | 'lb6_reverse_nat'>;

export function isBackend(entry: Entry): entry is BackendEntry;
export function isBackend(entry: Pick<Entry, 'map'>): boolean;
export function isBackend({ map }: Pick<Entry, 'map'>): boolean {
  return map === 'lb4_backends_v3' || map === 'lb6_backends_v3';
}

export function isReverseNat(entry: Entry): entry is ReverseNatEntry;
export function isReverseNat(entry: Pick<Entry, 'map'>): boolean;
export function isReverseNat({ map }: Pick<Entry, 'map'>): boolean {
  return map === 'lb4_reverse_nat' || map === 'lb6_reverse_nat';
}

/** Of an entry of a backends map. */
export function backendIdOf({ key }: Pick<Entry, 'key'>): number {
  return (key as BackendEntry['key']).backendId;
}
