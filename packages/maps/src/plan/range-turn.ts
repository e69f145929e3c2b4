import { ServiceFlag, ServiceFlag2 } from '../layouts/names.ts';
import { SOURCE_RANGE_STATIC_BITS } from '../layouts/source-range.ts';
import { readAddress } from '../model/address.ts';
import type { Entry } from '../project/entry.ts';
import type { Projection } from '../project/projection.ts';
import { isMaster, isWildcard, type MasterValue } from '../project/service-entry.ts';
import type { Write } from './change.ts';
import type { Written } from './written.ts';

/** What a frontend is between two rules about its clients. */
export interface RangeTurn {
  /** Its slot 0 while ranges are exchanged; absent when the new slot 0 can simply take the place of the old one. */
  readonly between?: Entry;
}

/**
 * What has to happen when the source ranges of a frontend turn from those that are let in to those that are kept out, or
 * back; undefined when they do not.
 *
 * Slot 0 says which of the two the ranges are, and they are other entries: a write changes the one or the others. A write
 * of slot 0 leaves the set of ranges as it is and so reverses the answer for every client; it is right for all of them
 * only if the old and the new ranges are the same set. Otherwise there is a state in between, without a look at the
 * ranges:
 * - everybody may come in: right for all when the clients kept out are among those let in, as nobody is refused by both
 *   rules;
 * - nobody from outside may (not routable: sockets and pods, for which ranges mean nothing, go on): right for all when
 *   the clients let in are among those kept out, as nobody is welcome by both.
 *
 * Where some are refused by both rules and some welcome by both, no state in between is right, whatever the order: then
 * the second one is taken, and for these few writes new flows of those that are welcome wait.
 */
export function rangeTurn(
  { entry, before }: Write,
  written: Pick<Written, 'othersOf'>,
  desired: Projection,
): RangeTurn | undefined {
  if (before === undefined || !isFrontend(entry) || !looksAtRanges(entry) || !looksAtRanges(before))
    return undefined;
  const [old, next] = [before.value as MasterValue, entry.value as MasterValue];
  if (old.revNatIndex !== next.revNatIndex || ((next.flags2 ^ old.flags2) & ServiceFlag2.deny) === 0)
    return undefined;
  // A proxy has all packets, before and afterwards.
  if (old.flags2 & next.flags2 & (ServiceFlag2.l7 | ServiceFlag2.loopback)) return undefined;
  const had = prefixesOf(written.othersOf(old.revNatIndex).values());
  const gets = prefixesOf(desired.frontends.get(entry.frontend!)!.others);
  const [letIn, keptOut] = old.flags2 & ServiceFlag2.deny ? [gets, had] : [had, gets];
  const noneRefusedByBoth = covers(letIn, keptOut);
  if (noneRefusedByBoth && covers(keptOut, letIn)) return {};
  const value = noneRefusedByBoth
    ? { ...old, flags: old.flags & ~ServiceFlag.sourceRange, flags2: old.flags2 & ~ServiceFlag2.deny }
    : { ...old, flags: old.flags & ~ServiceFlag.routable };
  return { between: { ...entry, value } as Entry };
}

/**
 * Are source ranges looked at from now on, or other ones? What an interrupted writer left of them must be gone by then:
 * nobody looked at it before.
 */
export function beginsToLook({ entry, before }: Write): boolean {
  if (!isFrontend(entry) || !looksAtRanges(entry)) return false;
  if (before === undefined || !looksAtRanges(before)) return true;
  return (before.value as MasterValue).revNatIndex !== (entry.value as MasterValue).revNatIndex;
}

const isFrontend = (entry: Entry) => isMaster(entry) && !isWildcard(entry);

/** Packets from outside are judged by ranges; those of what is not routable are dropped before. */
function looksAtRanges({ value }: Entry): boolean {
  const both = ServiceFlag.sourceRange | ServiceFlag.routable;
  return ((value as MasterValue).flags & both) === both;
}

/** Source ranges among entries, as the digits that an address in them begins with. */
function prefixesOf(entries: Iterable<Entry>): string[] {
  const prefixes: string[] = [];
  for (const entry of entries) {
    const digits = rangeDigits(entry);
    if (digits !== undefined) prefixes.push(digits);
  }
  return prefixes;
}

/** Of a source range the digits that an address in it begins with; undefined of other entries. */
export function rangeDigits({ key }: Entry): string | undefined {
  if (!('prefixlen' in key)) return undefined;
  return digitsOf(key.addr).slice(0, key.prefixlen - SOURCE_RANGE_STATIC_BITS);
}

function digitsOf(address: string): string {
  const { order } = readAddress(address)!;
  if (typeof order === 'number') return order.toString(2).padStart(32, '0');
  // Not by characters: some words are halves of one.
  const words = Array.from({ length: order.length }, (_, i) => order.charCodeAt(i));
  return words.map((word) => word.toString(2).padStart(16, '0')).join('');
}

/** Is every address of `inner` in `outer`? */
const covers = (outer: readonly string[], inner: readonly string[]) =>
  inner.every((prefix) => coversOne(outer, prefix));

function coversOne(outer: readonly string[], prefix: string): boolean {
  if (outer.some((one) => prefix.startsWith(one))) return true;
  const within = outer.filter((one) => one.startsWith(prefix));
  return within.length > 1 && coversOne(within, `${prefix}0`) && coversOne(within, `${prefix}1`);
}
