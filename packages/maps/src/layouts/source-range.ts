import { pad } from '../codec/bytes.ts';
import type { TypeOf } from '../codec/field.ts';
import { u32 } from '../codec/integers.ts';
import { ipv4 } from '../codec/ipv4.ts';
import { ipv6 } from '../codec/ipv6.ts';
import { struct } from '../codec/struct.ts';
import { Present } from './affinity.ts';
import { revNatId } from './ids.ts';
import { MapFlag, mapLayout } from './map-layout.ts';

// Cilium 1.20.2: lb4_src_range_key, lb6_src_range_key, the first word as struct bpf_lpm_trie_key has it.

/** Bits of the key before the address, which every prefix covers: rev_nat_id and pad. */
export const SOURCE_RANGE_STATIC_BITS = 32;

const head = {
  prefixlen: u32.doc('32 (rev_nat_id and pad) plus the length of the prefix'),
  revNatId,
  pad: pad(2),
};

export const Lb4SrcRangeKey = struct('lb4_src_range_key', { ...head, addr: ipv4.doc('Client prefix') });
export type Lb4SrcRangeKey = TypeOf<typeof Lb4SrcRangeKey>;

export const Lb6SrcRangeKey = struct('lb6_src_range_key', { ...head, addr: ipv6.doc('Client prefix') });
export type Lb6SrcRangeKey = TypeOf<typeof Lb6SrcRangeKey>;

const flags = MapFlag.noPrealloc | MapFlag.readonlyProg;
const doc = 'Client prefixes that a service lets in, or keeps out when its slot 0 has the flag deny';
export const sourceRange4 = mapLayout('lpm_trie', 'lb4_source_range', Lb4SrcRangeKey, Present, {
  flags,
  doc,
});
export const sourceRange6 = mapLayout('lpm_trie', 'lb6_source_range', Lb6SrcRangeKey, Present, {
  flags,
  doc,
});
